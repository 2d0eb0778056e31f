"""One file proves a passport offline; whatever is changed in it, or kept back, is found."""

from __future__ import annotations

import copy
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.management import CommandError, call_command
from hcert_making import Dsc, make_dsc
from signing_making import SYSTEM, Authority, Head, answer

from lamsach.authentication.models import Answer
from lamsach.cli.main import run
from lamsach.clock import now
from lamsach.esign.certificates import Authorities
from lamsach.esign.transparency import NoteKey, NoteVerifier
from lamsach.hcert.trust import TrustList
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.passports.audit import Trusted, audit
from lamsach.passports.evidence import evidence_of
from lamsach.passports.log_keeper import origin_and_key
from lamsach.passports.models import Passport
from lamsach.population.statements import Signer
from lamsach.population.statements import sign as sign_identity
from lamsach.registry.models import Person

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("committed", "fresh_log")]

REGISTER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def confirm(person: Person) -> Answer:
    """The register's right answer, with the statement that it signs."""
    salt = bytes(range(16))
    fields = {
        name: getattr(person, name) for name in ("full_name", "birth_date", "sex", "personal_id")
    }
    statement, signature = sign_identity(
        Signer(REGISTER),
        reference=str(person.reference),
        salt=salt,
        fields=fields,
        purpose="entry",
        register_version="2022-04-19.1",
        at=now(),
    )
    return answer(person, statement=statement, signature=signature, salt=salt)


@pytest.fixture
def issued(
    vaccinated: Callable[..., Person], sign: Any, run_jobs: Any, ministry: Dsc
) -> Callable[..., Passport]:
    def make(**more: Any) -> Passport:
        person = vaccinated(answered="", **more)
        confirm(person)
        sign()
        run_jobs()
        return Passport.objects.get(person=person)

    return make


@pytest.fixture
def trusted(ministry: Dsc, authority: Authority) -> Trusted:
    return Trusted(
        ministry=TrustList.from_bytes(ministry.pem),
        authorities=Authorities(roots=[authority.root], follow=False),
        register=[REGISTER.public_key()],
        log=[NoteVerifier.read(origin_and_key()[1])],
    )


def written(passport: Passport) -> dict[str, Any]:
    text = json.dumps(evidence_of(passport, actor=SYSTEM))
    value: dict[str, Any] = json.loads(text)
    return value


def check(evidence: Any, trusted: Trusted) -> set[str]:
    """The codes of the links that do not hold."""
    found = audit(json.dumps(evidence).encode(), trusted)
    assert found.passed is all(one.passed for one in found.findings)
    return {one.code for one in found.findings if not one.passed}


def test_one_file_proves_every_link(
    issued: Callable[..., Passport], trusted: Trusted, head: Head
) -> None:
    passport = issued(full_name="Nguyễn Bửu Lộc", birth_date="1983-10-05")
    evidence = written(passport)
    found = audit(json.dumps(evidence).encode(), trusted)
    assert found.passed
    codes = [one.code for one in found.findings]
    assert codes == [
        "PASSPORT_SIGNED", "DOSES_IN_BATCHES", "DOSES_SHOWN", "FACILITY_SIGNED", "IDENTITY_RIGHT",
        "LOGGED",
    ]  # fmt: skip
    said = found.value()["findings"]
    assert any("Trần Thị Ngát, Trưởng trạm" in one["vi"] for one in said)
    assert passport.person.personal_id not in json.dumps(evidence)
    assert str(passport.person.public_id) not in json.dumps(evidence)
    assert Event.objects.filter(verb=Verb.PASSPORT_READ).count() == 1


def test_it_still_proves_the_passport_when_the_record_has_gone_on(
    issued: Callable[..., Passport], trusted: Trusted, head: Head
) -> None:
    passport = issued()
    person = passport.person
    person.full_name, person.version = "Tên Đã Sửa", 2
    person.save()
    assert check(written(passport), trusted) == set()


def test_a_name_as_the_travel_document_writes_it_is_the_same_name(
    issued: Callable[..., Passport], trusted: Trusted
) -> None:
    passport = issued(full_name="Nguyễn Bửu Lộc", travel_name="NGUYEN<<LOC<BUU")
    assert check(written(passport), trusted) == set()


@pytest.mark.parametrize(
    ("left_out", "code"),
    [
        ("ministry", "PASSPORT_UNCHECKED"),
        ("authorities", "FACILITY_UNCHECKED"),
        ("register", "IDENTITY_UNCHECKED"),
        ("log", "LOG_UNCHECKED"),
    ],
)
def test_a_link_without_a_key_is_not_proven(
    issued: Callable[..., Passport], trusted: Trusted, left_out: str, code: str
) -> None:
    given = {name: getattr(trusted, name) for name in trusted.__dataclass_fields__}
    given[left_out] = () if left_out in ("register", "log") else None
    assert check(written(issued()), Trusted(**given)) == {code}


def test_other_peoples_keys_prove_nothing(
    issued: Callable[..., Passport], trusted: Trusted
) -> None:
    evidence = written(issued())
    stranger = Authority("Người lạ")
    others = {
        "ministry": (TrustList.from_bytes(make_dsc(name="Người lạ").pem), "PASSPORT_KEY_NOT"),
        "authorities": (Authorities(roots=[stranger.root], follow=False), "PATH_UNTRUSTED"),
        "register": ([Ed25519PrivateKey.generate().public_key()], "STATEMENT_INVALID"),
        "log": ([NoteKey.generate(settings.TRANSPARENCY_NAME).verifier], "NOTE_UNSIGNED"),
    }
    for name, (other, code) in others.items():
        given = {one: getattr(trusted, one) for one in trusted.__dataclass_fields__}
        given[name] = other
        (found,) = check(evidence, Trusted(**given))
        assert found.startswith(code)


def changed(evidence: dict[str, Any], at: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    made = copy.deepcopy(evidence)
    place: Any = made
    for step in at[:-1]:
        place = place[step]
    place[at[-1]] = change(place[at[-1]])
    return made


def flipped(text: str) -> str:
    data = bytearray(b64decode(text))
    data[len(data) // 2] ^= 1
    return b64encode(bytes(data)).decode()


def test_whatever_is_changed_is_found(issued: Callable[..., Passport], trusted: Trusted) -> None:
    passport, other = written(issued()), written(issued())
    (batch,) = passport["batches"]
    for at, change in (
        (("passport", "hc1"), lambda text: text[:-9] + text[-8] + text[-9] + text[-7:]),
        (("passport", "hc1"), lambda _text: other["passport"]["hc1"]),
        (("doses",), lambda doses: doses[:1]),
        (("doses",), lambda doses: doses + doses[:1]),
        (("doses",), lambda _doses: []),
        (("doses",), lambda doses: [doses[0], other["doses"][1]]),
        (("doses", 0, "statement"), lambda _text: other["doses"][0]["statement"]),
        (("doses", 0, "receipt", "index"), lambda index: index + 1),
        (("doses", 0, "receipt", "salt"), lambda _text: other["doses"][0]["receipt"]["salt"]),
        (("batches", batch, "manifest"), flipped),
        (("batches", batch, "signature"), flipped),
        (("identity",), lambda _told: other["identity"]),
        (("identity", "statement"), flipped),
        (("identity", "signature"), flipped),
        (("identity", "opened", "full_name", "value"), lambda _name: "Người Khác"),
        (("identity", "opened", "birth_date", "salt"), flipped),
        (("identity", "answer"), lambda _kind: "exempt"),
        (("log",), lambda _told: None),
        (("log",), lambda _told: other["log"]),
        (("log", "index"), lambda index: index + 1),
        (("log", "salt"), flipped),
        (("log", "checkpoint"), lambda text: text.replace("\n1\n", "\n3\n")),
    ):  # fmt: skip
        assert check(changed(passport, at, change), trusted) != set(), at


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"kind":"lamsach.evidence.1"}', b"[" * 100_000, b"\xff", b"null"],
)
def test_garbage_is_told_as_such(content: bytes) -> None:
    found = audit(content, Trusted())
    assert [one.code for one in found.findings] == ["EVIDENCE_UNREADABLE"]


def test_wrong_types_anywhere_never_crash(
    issued: Callable[..., Passport], trusted: Trusted
) -> None:
    evidence = written(issued())

    def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        below = value.items() if isinstance(value, dict) else enumerate(value)
        found = []
        for key, one in below:
            found.append((*path, key))
            if isinstance(one, dict | list):
                found += places(one, (*path, key))
        return found

    harmless = {("made_at",), ("passport", "nationality"), ("passport", "signer")}
    harmless |= {("identity", "at"), ("log", "key")}
    for at in places(evidence):
        for other in (None, 7, "x", [], {}):
            bad = changed(evidence, at, lambda _old, new=other: new)
            failed = check(bad, trusted)
            if at not in harmless and at[-1] != "certificate":
                assert failed, (at, other)


def test_the_commands_write_and_check_it(
    issued: Callable[..., Passport],
    ministry: Dsc,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    passport = issued()
    file = tmp_path / "evidence.json"
    call_command("passport_evidence", passport.uvci, out=str(file))
    assert file.stat().st_mode & 0o077 == 0
    same = tmp_path / "same.json"
    call_command("passport_evidence", str(passport.public_id), out=str(same))
    assert json.loads(same.read_text())["passport"] == json.loads(file.read_text())["passport"]
    with pytest.raises(CommandError):
        call_command("passport_evidence", "URN:UVCI:01:VN:NONE")
    keys = tmp_path / "register.pem"
    from lamsach.population.keys import public_pem

    keys.write_text(public_pem(REGISTER.public_key()))
    trust = tmp_path / "trust.pem"
    trust.write_bytes(ministry.pem)
    roots = settings.SIGNING_AUTHORITIES / "root.pem"
    given = [
        "passport", "audit", str(file), "--trust-list", str(trust), "--authorities", str(roots),
        "--register-keys", str(keys), "--log-key", origin_and_key()[1],
    ]  # fmt: skip
    assert run(given) == 0
    assert json.loads(capsys.readouterr().out)["proven"] is True
    assert run(given[:-2]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in told["findings"] if one["state"] != "passed"] == [
        "LOG_UNCHECKED"
    ]
    for wrong in (["passport", "audit", "none.json"], [*given[:3], "--log-key", "x"]):
        assert run(wrong) == 2
        assert capsys.readouterr().err.startswith("lamsach: ")


def test_a_dose_of_somebody_else_in_the_same_batch_is_found(
    vaccinated: Callable[..., Person], sign: Any, run_jobs: Any, ministry: Dsc, trusted: Trusted
) -> None:
    people = [vaccinated(answered="") for _ in range(2)]
    for one in people:
        confirm(one)
    sign()
    run_jobs()
    mine, other = (written(Passport.objects.get(person=one)) for one in people)
    mixed = changed(mine, ("doses", 0), lambda _dose: other["doses"][0])
    assert "DOSES_SHOWN" in check(mixed, trusted)
    twice = changed(mine, ("doses",), lambda doses: [doses[1], doses[1]])
    assert "DOSES_SHOWN" in check(twice, trusted)
