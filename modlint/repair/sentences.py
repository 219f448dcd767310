"""What reads as a sentence or a caption, in English or Chinese."""

from __future__ import annotations

import re

from modlint.repair.vocabulary import KEYWORDS, words

_WORD = r"[^\W_][\w'’-]*[.,;:!?]?"
_SENTENCE = re.compile(
    r"(?:[\d一二三四五六七八九十]{1,2}\s*[.、．)）]\s*[\u4e00-\u9fff]+[^#'\"()=]*|[（(][\u4e00-\u9fff\s]+[)）])$"
    r"|[^#'\"()=]*[\u4e00-\u9fff][^#'\"()=]*[，。：、,.:!？！?～~…]\s*\S*$"
    r"|[\u4e00-\u9fff，。：、！？\s\w]*[\u4e00-\u9fff]{4,}[^#'\"()=.]*$"
    rf"|[A-Z][\w'’]*,?(?: {_WORD}){{3,}}[.:!?]*$|[A-Z][\w'’]+,?(?: {_WORD})+[!?.]+$"
    rf"|[a-z][\w'’]*,?(?: {_WORD}){{3,}}[.:!?]+$|[a-z][\w'’]*,?(?: {_WORD}){{6,}}$"
    r"|(?:Figure|Table|Listing|Page|Chapter|Section|图|表|第)\s*\d[\d.]*\s*(?:[:：.].*|\D?)$"
)


def is_sentence(line: str) -> bool:
    """Whether ``line`` is prose, and begins with no keyword."""
    words = line.split()
    return bool(words) and words[0].rstrip(",:") not in KEYWORDS and _SENTENCE.match(line.strip()) is not None


_ARTICLES = words("the a an of to this that our we")
_ROW = re.compile(r"[\w'’-]+(?: +[\w'’-]+)+(?: \([^()=]*\))?(?: [\w'’-]+)*[.!?]?")


def is_row_of_words(line: str, least: int) -> bool:
    """Whether ``line`` is nothing but words, at least so many, and reads as English: a keyword is a word as well, then."""
    words = line.split()
    is_english = words[:1] != [] and words[0] not in KEYWORDS and not _ARTICLES.isdisjoint(words)
    is_row = len(words) >= least and _ROW.fullmatch(line.strip()) is not None
    return is_row and (is_english or KEYWORDS.isdisjoint(words))
