"""Decides with z3 whether one policy allows what another does not: a second opinion on `policy::compare`.

Reads one JSON object a line ({"first": policy, "second": policy}, and under "gained" and "lost" the request with which a difference is
claimed) and answers each with a line: per direction and reading of
wildcards "sat", "unsat" or "unknown", or {"skipped": why}. Written from AWS's documentation of the language, sharing nothing with the
crate. Texts are z3 strings, patterns regular expressions, numbers reals, dates integers, addresses bit vectors.
"""

import ipaddress
import json
import sys
from datetime import datetime, timezone

import z3

TIMEOUT_MS = 400
SLOTS = 3
MANY_VALUED = {"aws:tagkeys", "aws:calledvia"}
ANY = z3.AllChar(z3.ReSort(z3.StringSort()))
EVERYTHING = z3.Star(ANY)
NO_COLON = z3.Intersect(ANY, z3.Complement(z3.Re(":")))


class Unsupported(Exception):
    pass


def as_list(value):
    return value if isinstance(value, list) else [value]


def tokens(text, variables, wildcards, segments):
    """("text", t), ("var", key, default), ("run", bound to its part), ("one", bound to its part)."""
    out, at, colons_left = [], 0, 0
    if segments:
        plain, depth = 0, 0
        for position, character in enumerate(text):
            if variables and text.startswith("${", position):
                depth = 1
            elif depth and character == "}":
                depth = 0
            elif not depth and character == ":":
                plain += 1
        colons_left = min(plain, 5)
    while at < len(text):
        if variables and text.startswith("${", at) and "}" in text[at:]:
            end = text.index("}", at)
            body = text[at + 2 : end]
            if body in ("*", "?", "$"):
                out.append(("text", body))
            else:
                key, _, default = body.partition(",")
                out.append(("var", key.strip().lower(), default.strip().strip("'") if default else None))
            at = end + 1
            continue
        character = text[at]
        if wildcards and character in "*?":
            out.append(("run" if character == "*" else "one", colons_left > 0))
        else:
            out.append(("text", character))
            if character == ":" and colons_left:
                colons_left -= 1
        at += 1
    return out


def regex(parts, fold=False):
    pieces = []
    for part in parts:
        if part[0] == "text":
            letter = part[1]
            if fold and letter.lower() != letter.upper():
                pieces.append(z3.Union(z3.Re(letter.lower()), z3.Re(letter.upper())))
            else:
                pieces.append(z3.Re(letter))
        else:
            single = NO_COLON if part[1] else ANY
            pieces.append(z3.Star(single) if part[0] == "run" else single)
    if not pieces:
        return z3.Re("")
    return pieces[0] if len(pieces) == 1 else z3.Concat(*pieces)


class World:
    """One request, unknown in every part."""

    def __init__(self, policies):
        self.action, self.resource = z3.String("action"), z3.String("resource")
        self.axioms = [
            z3.InRe(self.action, z3.Concat(z3.Plus(NO_COLON), z3.Re(":"), z3.Plus(ANY))),
            self.resource != "",
        ]
        self.kinds, self.many, self.keys = {}, set(MANY_VALUED), {}
        for policy in policies:
            for statement in as_list(policy["Statement"]):
                for operator, tests in statement.get("Condition", {}).items():
                    for key in tests:
                        self.learn(operator, key.lower())

    def learn(self, operator, key):
        quantifier, _, name = operator.rpartition(":")
        if quantifier:
            self.many.add(key)
        name = name.removesuffix("IfExists").replace("Not", "")
        kind = (
            None if name == "Null"
            else "number" if name.startswith("Numeric")
            else "date" if name.startswith("Date")
            else "address" if name == "IpAddress"
            else "flag" if name == "Bool"
            else "text"
        )
        if kind is None:
            return
        if self.kinds.setdefault(key, kind) != kind:
            raise Unsupported("one key compared in two ways")

    def slots(self, key):
        """Pairs of (present, value); the second is only present where the first is."""
        if key in self.keys:
            return self.keys[key]
        kind = self.kinds.get(key, "text")
        make = {
            "number": z3.Real,
            "date": z3.Int,
            "address": lambda name: (z3.BitVec(name, 32), z3.Bool(name + " is v4")),
            "flag": z3.Bool,
            "text": z3.String,
        }[kind]
        count = SLOTS if key in self.many else 1
        slots = [(z3.Bool(f"{key} has {slot}"), make(f"{key} {slot}")) for slot in range(count)]
        self.axioms += [z3.Implies(later[0], earlier[0]) for earlier, later in zip(slots, slots[1:])]
        if kind == "text":
            self.axioms += [value != "" for _, value in slots]
        self.keys[key] = slots
        return slots

    def variable(self, key, default):
        """Whether the variable has a value, and the value."""
        if self.kinds.get(key, "text") != "text":
            raise Unsupported("a variable that is no text")
        slots = self.slots(key)
        present, value = slots[0]
        if len(slots) > 1:
            present = z3.And(present, z3.Not(slots[1][0]))
            if default is not None:
                raise Unsupported("a default for a key with several values")
        if default is None:
            return present, value
        return z3.BoolVal(True), z3.If(present, value, z3.StringVal(default))

    def matches(self, pattern, text, *, variables=True, wildcards=True, segments=False, fold=False):
        parts = tokens(pattern, variables, wildcards, segments)
        if not any(part[0] == "var" for part in parts):
            if not wildcards and not fold:
                return text == z3.StringVal("".join(part[1] for part in parts))
            if [part[0] for part in parts] == ["run"] and not parts[0][1]:
                return z3.BoolVal(True)
            return z3.InRe(text, regex(parts, fold))
        if fold:
            raise Unsupported("a variable with letter case ignored")
        last = max(number for number, part in enumerate(parts) if part[0] == "var")
        if any(part[0] in ("run", "one") for part in parts[:last]):
            raise Unsupported("a wildcard before a variable")
        conditions, pieces = [], []
        for part in parts[: last + 1]:
            if part[0] == "var":
                present, value = self.variable(part[1], part[2])
                conditions.append(present)
                pieces.append(value)
            else:
                pieces.append(z3.StringVal(part[1]))
        prefix = z3.Concat(*pieces) if len(pieces) > 1 else pieces[0]
        behind = parts[last + 1 :]
        if all(part[0] == "text" for part in behind):
            suffix = z3.StringVal("".join(part[1] for part in behind))
            return z3.And(*conditions, text == z3.Concat(prefix, suffix))
        rest = z3.SubString(text, z3.Length(prefix), z3.Length(text) - z3.Length(prefix))
        return z3.And(*conditions, z3.PrefixOf(prefix, text), z3.InRe(rest, regex(behind)))

    def one(self, name, wanted, value):
        """Whether one value of the request fits one of the policy's, negation left aside."""
        if name == "StringEquals":
            return self.matches(wanted, value, wildcards=False)
        if name == "StringEqualsIgnoreCase":
            return self.matches(wanted, value, wildcards=False, fold=True)
        if name == "StringLike":
            return self.matches(wanted, value)
        if name in ("ArnLike", "ArnEquals"):
            return self.matches(wanted, value, segments=True)
        if name == "Bool":
            return value if wanted.lower() == "true" else z3.Not(value) if wanted.lower() == "false" else z3.BoolVal(False)
        if name == "IpAddress":
            network = ipaddress.ip_network(wanted, strict=False)
            if network.version != 4:
                raise Unsupported("IPv6")
            bits, is_v4 = value
            if network.prefixlen == 0:
                return is_v4
            shift = 32 - network.prefixlen
            return z3.And(is_v4, z3.LShR(bits, shift) == int(network.network_address) >> shift)
        for kind, read in (("Numeric", float), ("Date", seconds)):
            if name.startswith(kind):
                number = read(wanted)
                return {
                    "Equals": value == number,
                    "LessThan": value < number,
                    "LessThanEquals": value <= number,
                    "GreaterThan": value > number,
                    "GreaterThanEquals": value >= number,
                }[name.removeprefix(kind)]
        raise Unsupported(name)

    def holds(self, operator, key, values):
        quantifier, _, name = operator.rpartition(":")
        if_exists = name.endswith("IfExists")
        name = name.removesuffix("IfExists")
        slots = self.slots(key.lower())
        values = [json.dumps(value) if isinstance(value, bool) else str(value) for value in as_list(values)]
        present = slots[0][0]
        if name == "Null":
            return z3.Or(*[z3.Not(present) if value.lower() == "true" else present for value in values])
        negated = "Not" in name
        fits = [(has, z3.Or(*[self.one(name.replace("Not", ""), wanted, value) for wanted in values])) for has, value in slots]
        if quantifier == "ForAllValues":
            return z3.And(*[z3.Implies(has, z3.Not(fit) if negated else fit) for has, fit in fits])
        if quantifier == "ForAnyValue":
            found = z3.Or(*[z3.And(has, z3.Not(fit) if negated else fit) for has, fit in fits])
            return z3.Or(z3.Not(present), found) if if_exists else found
        any_fits = z3.Or(*[z3.And(has, fit) for has, fit in fits])
        if negated:
            return z3.Not(any_fits)
        return z3.Or(z3.Not(present), any_fits) if if_exists else any_fits

    def allows(self, policy, segments):
        allowed, denied = [], []
        variables = policy.get("Version") == "2012-10-17"
        for statement in as_list(policy["Statement"]):
            parts = []
            actions = as_list(statement.get("Action", statement.get("NotAction")))
            about = z3.Or(*[self.matches(text.lower(), self.action, variables=False) for text in actions])
            parts.append(about if "Action" in statement else z3.Not(about))
            resources = as_list(statement.get("Resource", statement.get("NotResource", "*")))
            on = z3.Or(*[self.matches(text, self.resource, variables=variables, segments=segments) for text in resources])
            parts.append(z3.Not(on) if "NotResource" in statement else on)
            for operator, tests in statement.get("Condition", {}).items():
                parts += [self.holds(operator, key, values) for key, values in tests.items()]
            (allowed if statement["Effect"] == "Allow" else denied).append(z3.And(*parts))
        return z3.And(z3.Or(*allowed), z3.Not(z3.Or(*denied)))


def seconds(text):
    if text.isdigit():
        return int(text)
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int((moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp())


def has_inner_wildcard(policy):
    texts = [
        text
        for statement in as_list(policy["Statement"])
        for text in as_list(statement.get("Resource", statement.get("NotResource", "*")))
    ]
    return any("*" in text.rpartition(":")[0] or "?" in text.rpartition(":")[0] for text in texts)


def decide(pair):
    first, second = pair["first"], pair["second"]
    answer = {}
    readings = ["crossing", "segments"] if has_inner_wildcard(first) or has_inner_wildcard(second) else ["crossing"]
    for reading in readings:
        for direction, (ours, theirs) in (("gained", (second, first)), ("lost", (first, second))):
            world = World([first, second])
            segments = reading == "segments"
            differs = z3.And(world.allows(ours, segments), z3.Not(world.allows(theirs, segments)))
            solver = z3.Solver()
            solver.set("timeout", TIMEOUT_MS)
            solver.add(differs, *world.axioms)
            witness = pair.get(direction)
            if witness:
                # where the claim comes with a request, z3 is first asked about that one: quick, and as good an answer
                solver.push()
                solver.add(world.action == witness["action"].lower(), world.resource == witness["resource"])
                if solver.check() == z3.sat:
                    answer[f"{direction} {reading}"] = "sat"
                    continue
                solver.pop()
            answer[f"{direction} {reading}"] = str(solver.check())
    return answer


for line in sys.stdin:
    try:
        print(json.dumps(decide(json.loads(line))), flush=True)
    except Unsupported as why:
        print(json.dumps({"skipped": str(why)}), flush=True)
