"""What users sign in and sign with."""

from .harness import allow, scenario


@scenario("iam", "access key")
def access_key(t):
    name = {"UserName": "signer"}
    key = t.user("signer", allow("iam:GetUser"))
    t.holds("id and secret", key["AccessKeyId"].startswith("AKIA") and len(key["AccessKeyId"]) == 20 and len(key["SecretAccessKey"]) == 40)
    t.equal("active", key["Status"], "Active")
    rows = lambda: [(row["AccessKeyId"], row["Status"]) for row in t.iam.list_access_keys(**name)["AccessKeyMetadata"]]
    t.equal("listed", rows, [(key["AccessKeyId"], "Active")])
    t.holds("secret told once", lambda: all("SecretAccessKey" not in row for row in t.iam.list_access_keys(**name)["AccessKeyMetadata"]))
    used = lambda: t.iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    t.equal("never used", lambda: used()["AccessKeyLastUsed"], {"ServiceName": "N/A", "Region": "N/A"})
    who = lambda: t.place.client("sts", key).get_caller_identity()
    t.equal("signs", lambda: who()["Arn"], f"arn:aws:iam::{t.account}:user/signer")
    t.equal("account", lambda: who()["Account"], t.account)
    t.equal("use is told", lambda: (used()["UserName"], used()["AccessKeyLastUsed"]["ServiceName"]), ("signer", "sts"))
    t.holds("time of use is told", lambda: used()["AccessKeyLastUsed"]["LastUsedDate"])
    t.iam.update_access_key(AccessKeyId=key["AccessKeyId"], Status="Inactive", **name)
    t.equal("inactive", rows, [(key["AccessKeyId"], "Inactive")])
    refused = "The security token included in the request is invalid."
    t.refused("inactive signs not", "InvalidClientTokenId", t.place.client("sts", key).get_caller_identity, refused)
    t.refused("nor elsewhere", "UnrecognizedClientException", t.place.client("sso-admin", key).list_instances, refused)
    t.refused("nor in the identity store", "UnrecognizedClientException", t.place.client("identitystore", key).list_users, IdentityStoreId="d-0123456789")
    t.refused("nor in Organizations", "UnrecognizedClientException", t.place.client("organizations", key).describe_organization)
    t.iam.update_access_key(AccessKeyId=key["AccessKeyId"], Status="Active", **name)
    t.equal("active again", lambda: who()["Account"], t.account)
    second = t.iam.create_access_key(**name)["AccessKey"]["AccessKeyId"]
    t.refused("third", "LimitExceeded", t.iam.create_access_key, "Cannot exceed quota for AccessKeysPerUser: 2", **name)
    t.works("deleted", t.iam.delete_access_key, AccessKeyId=second, **name)
    t.refused("deleted twice", "NoSuchEntity", t.iam.delete_access_key, f"The Access Key with id {second} cannot be found.", AccessKeyId=second, **name)
    t.refused("unknown updated", "NoSuchEntity", t.iam.update_access_key, AccessKeyId=second, Status="Active", **name)
    t.iam.delete_access_key(AccessKeyId=key["AccessKeyId"], **name)
    t.refused("deleted signs not", "InvalidClientTokenId", t.place.client("sts", key).get_caller_identity, refused)


@scenario("iam", "signature")
def signature(t):
    key = t.user("forger")
    wrong = {**key, "SecretAccessKey": "x" * 40}
    t.refused("wrong secret", "SignatureDoesNotMatch", t.place.client("sts", wrong).get_caller_identity)
    t.refused("wrong secret, JSON", "InvalidSignatureException", t.place.client("sso-admin", wrong).list_instances)
    unknown = {**key, "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA"}
    t.refused("unknown key", "InvalidClientTokenId", t.place.client("sts", unknown).get_caller_identity)
    with_token = {**key, "SessionToken": "somebody's"}
    t.refused("a token that is not the key's", "InvalidClientTokenId", t.place.client("sts", with_token).get_caller_identity)


@scenario("iam", "login profile")
def login_profile(t):
    name = {"UserName": "clicker"}
    t.iam.create_user(**name)
    t.refused("none", "NoSuchEntity", t.iam.get_login_profile, "Login Profile for User clicker cannot be found.", **name)
    t.refused("short password", "PasswordPolicyViolation", t.iam.create_login_profile, Password="short", **name)
    made = t.works("made", t.iam.create_login_profile, Password="Long-Enough1", PasswordResetRequired=True, **name)
    t.equal("reset required", made.get("LoginProfile", {}).get("PasswordResetRequired"), True)
    t.refused("twice", "EntityAlreadyExists", t.iam.create_login_profile, "Login Profile for user clicker already exists.", Password="Long-Enough1", **name)
    t.works("updated", t.iam.update_login_profile, PasswordResetRequired=False, **name)
    t.equal("reset not required", lambda: t.iam.get_login_profile(**name)["LoginProfile"]["PasswordResetRequired"], False)
    t.refused("of nobody", "NoSuchEntity", t.iam.create_login_profile, UserName="nobody", Password="Long-Enough1")
    t.works("deleted", t.iam.delete_login_profile, **name)
    t.refused("deleted twice", "NoSuchEntity", t.iam.delete_login_profile, **name)


@scenario("iam", "password policy")
def password_policy(t):
    # an account of its own: the rules hold for everybody in it
    iam = t.place.enter("tsubame-dev", "iam")
    account = t.place.accounts()["tsubame-dev"]
    t.refused("none", "NoSuchEntity", iam.get_account_password_policy, f"The Password Policy with domain name {account} cannot be found.")
    t.refused("none to delete", "NoSuchEntity", iam.delete_account_password_policy)
    t.works("set", iam.update_account_password_policy, MinimumPasswordLength=12, RequireSymbols=True, MaxPasswordAge=90)
    told = lambda: iam.get_account_password_policy()["PasswordPolicy"]
    t.equal("told", lambda: (told()["MinimumPasswordLength"], told()["RequireSymbols"], told()["RequireNumbers"]), (12, True, False))
    t.equal("age", lambda: (told()["ExpirePasswords"], told()["MaxPasswordAge"]), (True, 90))
    iam.create_user(UserName="ruled")
    t.refused("too short", "PasswordPolicyViolation", iam.create_login_profile, "Password should have a minimum length of 12", UserName="ruled", Password="Ab1!")
    t.refused("no symbol", "PasswordPolicyViolation", iam.create_login_profile, UserName="ruled", Password="Abcdefgh12345")
    t.works("good enough", iam.create_login_profile, UserName="ruled", Password="Abcdefgh!2345")
    t.works("set anew", iam.update_account_password_policy, RequireNumbers=True)
    t.equal("what is not given goes back", lambda: (told()["MinimumPasswordLength"], told()["RequireSymbols"], told()["ExpirePasswords"]), (6, False, False))
    t.refused("too long", "ValidationError", iam.update_account_password_policy, MinimumPasswordLength=129)
    t.refused("too old", "ValidationError", iam.update_account_password_policy, MaxPasswordAge=1096)
    t.works("deleted", iam.delete_account_password_policy)
    t.refused("gone", "NoSuchEntity", iam.get_account_password_policy)


@scenario("iam", "changing one's own password")
def change_password(t):
    key = t.user("changer", allow("iam:ChangePassword"))
    own = t.place.client("iam", key)
    t.refused("without a profile", "NoSuchEntity", own.change_password, OldPassword="Long-Enough1", NewPassword="Long-Enough2")
    t.iam.create_login_profile(UserName="changer", Password="Long-Enough1", PasswordResetRequired=True)
    t.refused("too short", "PasswordPolicyViolation", own.change_password, OldPassword="Long-Enough1", NewPassword="short")
    t.refused("wrong old one", "AccessDenied", own.change_password, OldPassword="Not-Right11", NewPassword="Long-Enough2")
    t.works("changed", own.change_password, OldPassword="Long-Enough1", NewPassword="Long-Enough2")
    t.equal("reset no longer required", lambda: t.iam.get_login_profile(UserName="changer")["LoginProfile"]["PasswordResetRequired"], False)
    t.refused("a role has no password", "InvalidUserType", t.iam.change_password, OldPassword="Long-Enough1", NewPassword="Long-Enough2")


@scenario("iam", "MFA device")
def mfa_device(t):
    name = {"UserName": "careful"}
    t.iam.create_user(**name)
    made = t.works("made", t.iam.create_virtual_mfa_device, VirtualMFADeviceName="careful", Tags=[{"Key": "a", "Value": "1"}])
    device = made.get("VirtualMFADevice", {})
    serial = device.get("SerialNumber", "")
    t.equal("serial", serial, f"arn:aws:iam::{t.account}:mfa/careful")
    t.equal("seed", len(device.get("Base32StringSeed", b"")), 64)
    t.refused("twice", "EntityAlreadyExists", t.iam.create_virtual_mfa_device, "MFADevice entity at the same path and name already exists.", VirtualMFADeviceName="careful")
    t.equal("unassigned", lambda: serial in [d["SerialNumber"] for d in t.iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]], True)
    codes = {"AuthenticationCode1": "111111", "AuthenticationCode2": "222222"}
    t.refused("one code twice", "InvalidAuthenticationCode", t.iam.enable_mfa_device, SerialNumber=serial, AuthenticationCode1="111111", AuthenticationCode2="111111", **name)
    t.works("enabled", t.iam.enable_mfa_device, SerialNumber=serial, **codes, **name)
    t.equal("of the user", lambda: [d["SerialNumber"] for d in t.iam.list_mfa_devices(**name)["MFADevices"]], [serial])
    t.equal("owner", lambda: [d["User"]["UserName"] for d in t.iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"] if d["SerialNumber"] == serial], ["careful"])
    t.equal("told by itself", lambda: t.iam.get_mfa_device(SerialNumber=serial)["UserName"], "careful")
    t.refused("of another user", "NoSuchEntity", t.iam.get_mfa_device, SerialNumber=serial, UserName="nobody")
    t.works("resynchronized", t.iam.resync_mfa_device, SerialNumber=serial, **codes, **name)
    t.refused("deleted in use", "DeleteConflict", t.iam.delete_virtual_mfa_device, SerialNumber=serial)
    t.refused("in use already", "EntityAlreadyExists", t.iam.enable_mfa_device, SerialNumber=serial, **codes, **name)
    t.works("tagged", t.iam.tag_mfa_device, SerialNumber=serial, Tags=[{"Key": "b", "Value": "2"}])
    t.equal("tags", lambda: {tag["Key"] for tag in t.iam.list_mfa_device_tags(SerialNumber=serial)["Tags"]}, {"a", "b"})
    t.works("untagged", t.iam.untag_mfa_device, SerialNumber=serial, TagKeys=["a"])
    t.works("deactivated", t.iam.deactivate_mfa_device, SerialNumber=serial, **name)
    t.works("deleted", t.iam.delete_virtual_mfa_device, SerialNumber=serial)
    t.refused("deleted twice", "NoSuchEntity", t.iam.delete_virtual_mfa_device, f"VirtualMFADevice with serial number {serial} doesn't exist.", SerialNumber=serial)


@scenario("iam", "SSH key")
def ssh_key(t):
    name = {"UserName": "pusher"}
    t.iam.create_user(**name)
    made = t.works("uploaded", t.iam.upload_ssh_public_key, SSHPublicKeyBody="ssh-rsa AAAA pusher", **name)
    key = made.get("SSHPublicKey", {}).get("SSHPublicKeyId", "")
    t.holds("id", key.startswith("APKA"))
    t.refused("twice", "DuplicateSSHPublicKey", t.iam.upload_ssh_public_key, SSHPublicKeyBody="ssh-rsa AAAA pusher", **name)
    t.refused("no key", "UnrecognizedPublicKeyEncoding", t.iam.upload_ssh_public_key, SSHPublicKeyBody="AAAA", **name)
    t.equal("listed", lambda: [row["Status"] for row in t.iam.list_ssh_public_keys(**name)["SSHPublicKeys"]], ["Active"])
    get = lambda: t.iam.get_ssh_public_key(SSHPublicKeyId=key, Encoding="SSH", **name)["SSHPublicKey"]
    t.equal("told", lambda: get()["SSHPublicKeyBody"], "ssh-rsa AAAA pusher")
    t.works("made inactive", t.iam.update_ssh_public_key, SSHPublicKeyId=key, Status="Inactive", **name)
    t.equal("inactive", lambda: get()["Status"], "Inactive")
    t.works("deleted", t.iam.delete_ssh_public_key, SSHPublicKeyId=key, **name)
    t.refused("gone", "NoSuchEntity", t.iam.get_ssh_public_key, SSHPublicKeyId="APKAAAAAAAAAAAAAAAAA", Encoding="SSH", **name)


@scenario("iam", "service-specific credential")
def service_credential(t):
    name = {"UserName": "committer"}
    t.iam.create_user(**name)
    make = lambda: t.iam.create_service_specific_credential(ServiceName="codecommit.amazonaws.com", **name)["ServiceSpecificCredential"]
    made = make()
    t.holds("password told", made.get("ServicePassword"))
    t.equal("user name", made["ServiceUserName"], f"committer-at-{t.account}")
    listed = lambda: t.iam.list_service_specific_credentials(**name)["ServiceSpecificCredentials"]
    t.equal("listed", lambda: [row["Status"] for row in listed()], ["Active"])
    t.holds("password told once", lambda: "ServicePassword" not in listed()[0])
    identity = {"ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"], **name}
    reset = t.works("reset", t.iam.reset_service_specific_credential, **identity).get("ServiceSpecificCredential", {})
    t.holds("new password", reset.get("ServicePassword") not in (None, made["ServicePassword"]))
    t.works("made inactive", t.iam.update_service_specific_credential, Status="Inactive", **identity)
    make()
    t.refused("third", "LimitExceeded", t.iam.create_service_specific_credential, ServiceName="codecommit.amazonaws.com", **name)
    t.works("deleted", t.iam.delete_service_specific_credential, **identity)
    t.refused("deleted twice", "NoSuchEntity", t.iam.delete_service_specific_credential, **identity)


@scenario("iam", "account alias")
def account_alias(t):
    iam = t.place.enter("tsubame-dev", "iam")
    t.equal("none", lambda: iam.list_account_aliases()["AccountAliases"], [])
    t.works("made", iam.create_account_alias, AccountAlias="example-tsubame")
    t.equal("told", lambda: iam.list_account_aliases()["AccountAliases"], ["example-tsubame"])
    t.works("another takes its place", iam.create_account_alias, AccountAlias="example-tsubame-2")
    t.equal("one only", lambda: iam.list_account_aliases()["AccountAliases"], ["example-tsubame-2"])
    t.refused("another account's", "EntityAlreadyExists", t.iam.create_account_alias, AccountAlias="example-tsubame-2")
    for bad in ("ab", "Upper", "-dash", "two--dashes"):
        t.refused(f"bad: {bad}", "ValidationError", iam.create_account_alias, AccountAlias=bad)
    t.refused("not this one", "NoSuchEntity", iam.delete_account_alias, AccountAlias="example-tsubame")
    t.works("deleted", iam.delete_account_alias, AccountAlias="example-tsubame-2")
    t.equal("gone", lambda: iam.list_account_aliases()["AccountAliases"], [])
