"""Link failures: the world's fault. They are retried and recorded where the link is owned."""


class LinkFailure(Exception):
    """Something between us and a device went wrong; trying again may help."""


class LinkLost(LinkFailure):
    """The connection to the broker or the serial device is gone, or could not be made."""


class BadFrame(LinkFailure):
    """Bytes came that the protocol does not permit."""
