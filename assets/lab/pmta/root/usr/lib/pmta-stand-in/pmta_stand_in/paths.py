"""Where things are on a host."""

import os


class Paths:
    def __init__(self, etc='/etc/pmta', run='/run/pmta', log='/var/log/pmta', state='/var/lib/pmta'):
        self.etc, self.run, self.log, self.state = etc, run, log, state
        self.licence = os.path.join(etc, 'license')
        self.control = os.path.join(run, 'control')
