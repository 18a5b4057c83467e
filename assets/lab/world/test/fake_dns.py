"""DNS in memory, in the place of lookups.Lookups."""

from lab_world.lookups import Undetermined


class FakeDns:
    def __init__(self, txt=None, a=None, ptr=None, mx=None, silent: bool = False):
        self._txt, self._a, self._ptr, self._mx, self._silent = txt or {}, a or {}, ptr or {}, mx or {}, silent

    def txt(self, name: str) -> list[bytes]:
        return [text.encode() for text in self._find(self._txt, name)]

    def a(self, name: str) -> list[str]:
        return self._find(self._a, name)

    def mx(self, name: str) -> list[str]:
        return self._find(self._mx, name)

    def ptr(self, ip: str) -> list[str]:
        return self._find(self._ptr, ip)

    def _find(self, records: dict, name: str) -> list[str]:
        if self._silent:
            raise Undetermined("no answer")
        return records.get(name, [])
