"""Runs the checks against one place."""

import sys

from . import cli, harness, moto
from . import (  # noqa: F401  they register their scenarios
    iam_credential,
    iam_group,
    iam_inline_policy,
    iam_managed_policy,
    iam_provider,
    iam_report,
    iam_role,
    iam_user,
    iam_validation,
    identitystore_group,
    identitystore_user,
    organizations_handshake,
    organizations_policy,
    organizations_transfer,
    organizations_tree,
    rights,
    sso_application,
    sso_assignment,
    sso_attached,
    sso_permission_set,
    sso_validation,
    sts,
    sts_federation,
    terraform,
    timing,
)


def main(arguments):
    match arguments:
        case ["sandbox", endpoint, *rest]:
            others = {rest[at].removeprefix("--"): rest[at + 1] for at in range(0, len(rest) - 1, 2)}
            only = others.pop("only", None)
            return harness.run(harness.Place("sandbox", endpoint, others), only)
        case ["moto", endpoint]:
            return harness.run(harness.Place("moto", endpoint))
        case ["moto", endpoint, "--only", only]:
            return harness.run(harness.Place("moto", endpoint), only)
        case ["cli", endpoint, program]:
            return cli.run(endpoint, program)
        case ["differences"]:
            print(moto.page(), end="")
            return True
        case _:
            return harness.fail(sys.modules[__package__].__doc__)


sys.exit(0 if main(sys.argv[1:]) else 1)
