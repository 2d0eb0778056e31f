"""What can be a Vietnamese syllable, and how a syllable sounds.

The rules of spelling (onset, rime, tone) and the coarse sound key; must not know of names,
damage or comparison.
"""

from __future__ import annotations

from typing import Final

from lamsach.identity.names.letters import fold, lower_nfc, place_tone, split_tone


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# "oong" and "ooc" are left out: in names they are the Telex keys of "ông" and "ôc".
_OPEN: Final = _words("""
a ai ao au ay âu ây e eo ê êu i ia iu iêu o oa oai oao oay oe oeo oi ô ôi ơ ơi u ua uây uê ui uôi
uơ uy uya uyu ư ưa ưi ươi ươu ưu y yêu
""")
_NASAL: Final = _words("""
am an ang anh ăm ăn ăng âm ân âng em en eng êm ên ênh iêm iên iêng im in inh oam oan oang oanh oăm
oăn oăng oen om on ong ôm ôn ông ơm ơn uân uâng uênh um un ung uôm uôn uông uyên uynh ưm ưn
ưng ươm ươn ương yêm yên yêng
""")
_STOP: Final = _words("""
ac ach ap at ăc ăp ăt âc âp ât ec ep et êch êp êt ich iêc iêp iêt ip it oac oach oap oat oăc oăt
oc oet op ot ôc ôp ôt ơp ơt uât uc uêch uôc uôt up ut uych uyêt uyp uyt ưc ươc ươp ươt ưt yêt
""")
# In names of the Central Highlands a final k is written: Đắk Lắk, Búk, Ngọk.
_HIGHLAND: Final = _words("ak ăk ek êk ik iêk ok ôk ơk uk")
_RIMES: Final = _OPEN | _NASAL | _STOP | _HIGHLAND
# After qu the rime begins with what is left of the glide: quân, quốc, quới, quỳnh, quyết.
_QU_RIMES: Final = _words("""
a ai ao au ay ang an anh ach at ac ăc ăm ăn ăng ăp ăt âc ân âng ât âu ây e en eo et ê êch ên ênh
êt êu i it ich in ôc ơ ơi ơn ơt y yên yêt ynh yn yt ych yêu ôi
""")
_GI_RIMES: Final = _words("ên êng êt êc êp êm êu")  # giền, giếng: gi + iê written once
_SIMPLE_ONSETS: Final = _words("b ch d đ g h kh l m n ng nh p ph r s t th tr v x c k") | {""}
_BEFORE_FRONT: Final = frozenset(["gh", "ngh"])
_FRONT: Final = "eêiy"
_FINAL_STOPS: Final = ("ch", "c", "p", "t")


def _rimes_after(onset: str) -> frozenset[str]:
    """The rimes that may follow an onset in standard spelling, k before any vowel let pass."""
    if onset == "qu":
        return _QU_RIMES
    if onset == "gi":
        return frozenset(r for r in _RIMES if r[0] not in "iy") | _GI_RIMES
    if onset in _BEFORE_FRONT:
        return frozenset(r for r in _RIMES if r[0] in _FRONT)
    if onset in {"c", "ng"}:
        return frozenset(r for r in _RIMES if r[0] not in _FRONT)
    if onset == "g":
        return frozenset(r for r in _RIMES if r[0] not in "eêy")
    if onset:
        return frozenset(r for r in _RIMES if not r.startswith("yê"))
    return frozenset(r for r in _RIMES if not r.startswith("iê"))


_TONELESS: Final = frozenset(
    onset + rime
    for onset in (*_SIMPLE_ONSETS, *_BEFORE_FRONT, "qu", "gi")
    for rime in _rimes_after(onset)
)
_FOLDED: Final = frozenset(fold(syllable) for syllable in _TONELESS)


def canonical_word(word: str) -> str:
    """One writing of a word: lower case, NFC, the tone mark in its one place.

    A tone is only moved in what is a syllable, marks apart: not in words glued together.

    >>> canonical_word("HOÀ") == canonical_word("hòa") == "hòa"
    True
    """
    word = lower_nfc(word)
    if word.isascii() or len(word) > 8:
        return word
    toneless, tone = split_tone(word)
    if tone <= 0 or fold(toneless) not in _FOLDED:
        return word
    return place_tone(toneless, tone) or word


def is_syllable(canonical: str) -> bool:
    """Whether a canonical word is a Vietnamese syllable (âm tiết), or one written without marks.

    Syllables that end in c, ch, p or t carry only sắc or nặng.

    >>> is_syllable("nguyễn"), is_syllable("duc"), is_syllable("đừc"), is_syllable("nguyeexn")
    (True, True, False, False)
    """
    if canonical.isascii():
        return canonical in _FOLDED
    if len(canonical) > 8:
        return False
    toneless, tone = split_tone(canonical)
    if tone < 0 or toneless not in _TONELESS:
        return False
    return tone in (1, 5) or not toneless.endswith(_FINAL_STOPS)


# North and South say and write some words differently, most of them to avoid the name of a lord
# (kỵ húy): Bảo Lộc is Bửu Lộc. The first word of each line is the one the sound key keeps.
_REGIONAL_LINES: Final = """
hoàng huỳnh
vũ võ
phúc phước
bảo bửu
cảnh kiểng
châu chu
đảm đởm
hồng hường
hoa huê
hòa huề
kính kiếng
lãnh lĩnh
minh miêng
nghĩa ngãi
nguyên ngươn
nhân nhơn
nhậm nhiệm
nhật nhựt
nhất nhứt
phụng phượng
quý quới
sinh sanh
sơn san
chính chánh
tính tánh
thái thới
thành thiềng
thịnh thạnh
thời thì
thu thâu
trường tràng
tùng tòng
cương cang
an yên
đường đàng
uy oai
"""
REGIONAL: Final = tuple(tuple(line.split()) for line in _REGIONAL_LINES.strip().splitlines())

_ONSET_SOUNDS: Final = (
    ("ngh", "q"),
    ("ng", "q"),
    ("nh", "w"),
    ("ch", "c"),
    ("tr", "c"),
    ("gh", "g"),
    ("gi", "d"),
    ("kh", "x"),
    ("ph", "f"),
    ("th", "z"),
    ("qu", "ku"),
    ("q", "k"),
    ("c", "k"),
    ("r", "d"),
    ("n", "l"),
    ("x", "s"),
)
_VOWEL_LETTERS: Final = "aeiouy"
_VOWELS_BUT_E: Final = frozenset("aiouy")


def _plain_sound(folded: str) -> str:
    """The sound key of a folded word by rules alone, regional words apart."""
    onset, rest = "", folded
    for written, sound in _ONSET_SOUNDS:
        if folded.startswith(written):
            rest = folded[len(written) :]
            onset = sound
            if written == "gi" and rest[:1] not in _VOWELS_BUT_E:  # gì is g + i, giêng gi + iêng
                rest = "i" + rest
            break
    else:
        if folded and folded[0] not in _VOWEL_LETTERS:
            onset, rest = folded[0], folded[1:]
    if rest.endswith("ng"):
        rest = rest[:-1]
    elif rest.endswith("c"):
        rest = rest[:-1] + "t"
    if rest == "y" or rest.startswith("ye") or (onset == "ku" and rest.startswith("y")):
        rest = "i" + rest[1:]
    return onset + rest


def _regional_sounds() -> dict[str, str]:
    """Each sound that a regional variant has, to the sound of its group; groups that meet join."""
    parent: dict[str, str] = {}

    def root(sound: str) -> str:
        while parent.get(sound, sound) != sound:
            sound = parent[sound]
        return sound

    for group in REGIONAL:
        first = root(_plain_sound(fold(group[0])))
        for word in group[1:]:
            parent[root(_plain_sound(fold(word)))] = first
    return {sound: root(sound) for sound in parent}


_REGIONAL_SOUNDS: Final = _regional_sounds()


def plain_sound(folded: str) -> str:
    """The sound key by the rules of spelling alone, regional words apart.

    >>> plain_sound("huynh") == plain_sound("hoang"), plain_sound("ly") == plain_sound("li")
    (False, True)
    """
    return _plain_sound(folded)


def sound_key(folded: str) -> str:
    """A coarse key, equal for words that are mistaken for each other by ear or by region.

    s/x, ch/tr, d/gi/r, l/n, i/y, final n/ng and c/t, c/k/q, g/gh, ng/ngh fall together, so do
    North and South variants; marks are not heard.

    >>> sound_key("truong") == sound_key("chuong"), sound_key("huynh") == sound_key("hoang")
    (True, True)
    """
    sound = _plain_sound(folded)
    return _REGIONAL_SOUNDS.get(sound, sound)
