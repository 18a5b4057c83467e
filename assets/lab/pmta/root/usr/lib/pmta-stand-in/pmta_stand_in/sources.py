"""The effective <source> of a connection."""

from . import catalogue, units


class EffectiveSource:
    """Directives in force, most specific last; unset ones answer with the table's default."""

    def __init__(self, names, settings):
        self.names = names
        self.settings = settings

    def get(self, name):
        row = catalogue.directives().get(('source', name))
        return self.settings.get(name, row.default if row else None)

    def flag(self, name):
        value = (self.get(name) or 'no').lower()
        return units.BOOLEANS.get(value, False)

    @property
    def max_message_size(self):
        """Bytes, or None for no limit."""
        text = self.get('max-message-size').lower()
        if text in ('0', 'unlimited'):
            return None
        return int(text) if text.isdigit() else units.size(text)


def effective(config, address, listener_source=None, user=None):
    """Merges by-address sources from general to specific, then the listener's, {auth}, and the user's.

    A named source applies only where a listener or a user asks for it.
    """
    matching = [one for one in config.sources if one[1] and address.version == one[1].version and address in one[1]]
    layers = sorted(matching, key=lambda one: one[1].prefixlen)
    asked = [listener_source] if listener_source else []
    if user:
        asked += ['{auth}', user.source]
    for name in asked:
        layers += [one for one in config.sources if name and one[0] == name]
    settings = {}
    if 'always-allow-relaying' in config.settings:
        settings['always-allow-relaying'] = config.settings['always-allow-relaying']
    for _, _, own in layers:
        settings.update(own)
    return EffectiveSource([name for name, _, _ in layers], settings)
