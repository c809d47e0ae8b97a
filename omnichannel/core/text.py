"""Text that exists in Chinese and English as equals. Pure: knows no Django."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bilingual:
    """One text in both languages; neither is a translation of the other."""

    zh: str
    en: str

    def as_json(self) -> dict[str, str]:
        """Return both, as documents and answers hold them."""
        return {"zh": self.zh, "en": self.en}

    @property
    def both(self) -> str:
        """The text for a cell that readers of both languages share: Chinese, then English unless it is the same."""
        return self.zh if self.zh == self.en else f"{self.zh} {self.en}"

    def in_language(self, code: str | None) -> str:
        """Return the text for a language code such as `zh-hans`, `zh`, `en-us`; English is the fallback."""
        return self.zh if (code or "").lower().startswith("zh") else self.en
