"""Who signs with which certificate: the administrator looks at one, binds it, takes it away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from signing_making import (
    SYSTEM,
    Authority,
    Head,
    make_head,
    make_office,
    make_officer,
    signed_in,
    write_p12,
)

from lamsach.accounts import actions as accounts
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.clock import now
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.places.models import OfficeKind
from lamsach.signing.models import SignerCertificate

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("committed")]


def with_post(name: str, kind: OfficeKind, role: Role) -> Officer:
    officer = make_officer(name)
    accounts.give_post(officer=officer, office=make_office(kind), role=role, by=SYSTEM)
    return officer


@pytest.fixture
def admin(committed: None) -> Officer:
    return with_post("admin", OfficeKind.ADMINISTRATION, Role.ADMINISTRATOR)


@pytest.fixture
def newcomer(committed: None) -> Officer:
    """The head of a facility without a certificate."""
    officer = make_officer("newcomer")
    make_head(officer, make_office())
    return officer


def text(answer: Any) -> str:
    content: str = answer.content.decode()
    return " ".join(content.split())


def address(officer: Officer, step: str = "") -> str:
    return f"/signing/signers/{officer.public_id}/{step}"


def sent(content: bytes, **more: str) -> dict[str, Any]:
    file = SimpleUploadedFile("chung-thu.cer", content)
    return {"certificate": file, "daily_ceiling": "300", "key": "", **more}


def test_look_first_then_bind(
    admin: Officer, newcomer: Officer, authority: Authority, head: Callable[..., Head]
) -> None:
    _key, certificate = authority.officer("Trần Thị Ngát")
    client = signed_in(admin)
    assert "1 người ký chưa có chứng thư số" in text(client.get("/signing/signers/"))
    for encoding in (Encoding.PEM, Encoding.DER):
        looked = client.post(address(newcomer, "bind/"), sent(certificate.public_bytes(encoding)))
        page = text(looked)
        assert "Đây có phải chứng thư số của Newcomer không?" in page
        for shown in ("Trần Thị Ngát", "Trưởng trạm", "SỞ Y TẾ TỈNH GIẢ ĐỊNH", "300 mũi tiêm"):
            assert shown in page
        assert "Không đạt" not in page
        assert "còn tài khoản là của “Newcomer”" in page  # somebody else's name stands in it
        assert not SignerCertificate.objects.exists()
    pem = certificate.public_bytes(Encoding.PEM).decode()
    sure = {"pem": pem, "daily_ceiling": "300", "key": "", "sure": "1"}
    done = client.post(address(newcomer, "bind/"), sure, follow=True)
    assert "Đã gắn chứng thư số" in text(done)
    bound = SignerCertificate.objects.get(officer=newcomer, unbound_at=None)
    assert (bound.daily_ceiling, bound.key) == (300, "")
    assert Event.objects.get(verb=Verb.SIGNER_BIND).actor == f"officer:{admin.public_id}"
    assert "Mọi người ký đều có chứng thư số" in text(client.get("/signing/signers/"))
    gone = client.post(address(newcomer, "unbind/"), follow=True)
    assert "Đã gỡ chứng thư số" in text(gone)
    assert not SignerCertificate.objects.filter(unbound_at=None).exists()
    assert Event.objects.filter(verb=Verb.SIGNER_UNBIND).count() == 1


def test_what_is_no_good_certificate_is_refused_in_words(
    admin: Officer, newcomer: Officer, authority: Authority
) -> None:
    key, certificate = authority.officer("Trần Thị Ngát")
    pem = certificate.public_bytes(Encoding.PEM)
    bundle = pkcs12.serialize_key_and_certificates(
        b"x", key, certificate, None, BestAvailableEncryption(b"pin")
    )
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    client = signed_in(admin)
    refused = {
        b"junk": "không phải chứng thư số",
        bundle: "không phải chứng thư số",
        pem + plain: "tuyệt đối không được tải lên",
        b"": "Hãy chọn tệp chứng thư số",
    }
    for content, sentence in refused.items():
        answer = client.post(address(newcomer, "bind/"), sent(content))
        assert answer.status_code == 422, sentence
        assert sentence in text(answer)
        assert plain.decode().splitlines()[1] not in answer.content.decode()
    stranger = Authority("Tổ chức lạ").officer("Kẻ lạ")[1].public_bytes(Encoding.PEM)
    looked = text(client.post(address(newcomer, "bind/"), sent(stranger)))
    assert "Không thể gắn chứng thư số này" in looked
    assert 'name="sure"' not in looked
    sure = {"pem": stranger.decode(), "daily_ceiling": "300", "key": "", "sure": "1"}
    assert client.post(address(newcomer, "bind/"), sure).status_code == 422
    assert not SignerCertificate.objects.exists()


def test_a_chain_is_read_for_the_officers_own_certificate(
    admin: Officer, newcomer: Officer, authority: Authority
) -> None:
    _key, certificate = authority.officer("Trần Thị Ngát")
    chain = b"".join(one.public_bytes(Encoding.PEM) for one in (authority.root, certificate))
    page = text(signed_in(admin).post(address(newcomer, "bind/"), sent(chain)))
    assert "Trần Thị Ngát" in page


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("../../etc/passwd", "Chỉ ghi tên tệp"),
        ("nowhere.p12", "Không có tệp này trong thư mục khóa"),
        ("pkcs11:token=A;object=b?module-path=/tmp/evil.so", "Hãy bỏ module-path"),
        ("pkcs11:token=A?pin-source=file:/run/pin", "Hãy bỏ module-path và pin-source"),
        ("pkcs11:token=A;pin-value=1234", "mã PIN"),
    ],
)
def test_a_page_names_no_file_library_or_pin_of_the_server(
    admin: Officer, newcomer: Officer, authority: Authority, key: str, sentence: str
) -> None:
    pem = authority.officer("Trần Thị Ngát")[1].public_bytes(Encoding.PEM)
    answer = signed_in(admin).post(address(newcomer, "bind/"), sent(pem, key=key))
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert "1234" not in str(answer.content) or key not in sentence


def test_a_key_in_the_servers_folder(
    admin: Officer, newcomer: Officer, authority: Authority
) -> None:
    key, certificate = authority.officer("Trần Thị Ngát")
    write_p12(settings.SIGNING_KEYS / "tram.p12", key, certificate)
    pem = certificate.public_bytes(Encoding.PEM)
    client = signed_in(admin)
    page = text(client.post(address(newcomer, "bind/"), sent(pem, key="tram.p12")))
    assert "Khóa ở trên máy chủ này: file:tram.p12" in page
    sure = {"pem": pem.decode(), "daily_ceiling": "9", "key": "file:tram.p12", "sure": "1"}
    client.post(address(newcomer, "bind/"), sure)
    assert SignerCertificate.objects.get().key == "file:tram.p12"


def test_only_administrators_bind_and_never_their_own(
    admin: Officer, newcomer: Officer, authority: Authority
) -> None:
    pem = authority.officer("Trần Thị Ngát")[1].public_bytes(Encoding.PEM).decode()
    sure = {"pem": pem, "daily_ceiling": "300", "key": "", "sure": "1"}
    auditor = with_post("auditor", OfficeKind.AUDIT, Role.AUDITOR)
    ministry = with_post("ministry", OfficeKind.MINISTRY, Role.MINISTRY)
    watching = signed_in(auditor)
    page = text(watching.get(address(newcomer)))
    assert "Cán bộ này chưa ký được" in page
    assert "Gắn chứng thư số" not in page
    for officer, reads in ((auditor, 200), (newcomer, 403), (ministry, 403)):
        client = signed_in(officer)
        assert client.get("/signing/signers/").status_code == reads
        assert client.get(address(newcomer)).status_code == reads
        for step in ("bind/", "unbind/"):
            assert client.post(address(newcomer, step), sure).status_code == 403
    make_head(admin, make_office())
    own = signed_in(admin)
    assert "quản trị viên khác gắn" in text(own.get(address(admin)))
    assert own.post(address(admin, "bind/"), sure).status_code == 403
    assert not SignerCertificate.objects.exists()


def test_the_list_tells_who_needs_one(
    admin: Officer, newcomer: Officer, head: Callable[..., Head], clock_at: Any
) -> None:
    chief, gone = head(), head()
    for post in gone.officer.posts.all():
        accounts.end_post(post=post, by=SYSTEM)
    client = signed_in(admin)
    shown = {
        "": {newcomer, chief.officer, gone.officer},
        "without": {newcomer},
        "idle": {gone.officer},
        "ending": set(),
    }

    def listed(**asked: str) -> set[str]:
        page = client.get("/signing/signers/", asked).content.decode()
        people = (newcomer, chief.officer, gone.officer)
        return {one.username for one in people if f">{one.username}<" in page}

    for filtered, officers in shown.items():
        assert listed(shown=filtered) == {one.username for one in officers}, filtered
    assert listed(name="NEWC") == {newcomer.username}
    with clock_at(now() + timedelta(days=350)):
        assert listed(shown="ending") == {chief.officer.username}
    assert client.get("/signing/signers/", {"shown": "?", "after": "zz"}).status_code == 200


def test_a_certificate_of_somebody_else_is_not_bound_twice(
    admin: Officer, newcomer: Officer, head: Callable[..., Head]
) -> None:
    chief = head()
    pem = chief.certificate.public_bytes(Encoding.PEM).decode()
    sure = {"pem": pem, "daily_ceiling": "300", "key": "", "sure": "1"}
    answer = signed_in(admin).post(address(newcomer, "bind/"), sure)
    assert answer.status_code == 422
    assert "đã được gắn" in text(answer) or "cán bộ khác" in text(answer)
    own = SignerCertificate.objects.get(unbound_at=None)
    assert own.officer == chief.officer
    assert x509.load_der_x509_certificate(bytes(own.certificate)) == chief.certificate
