"""What a user can mend: one family of errors, so that command line, worker and pages catch it in one place."""


class UserError(ValueError):
    """What a user asked for is not possible; the message is one sentence that names the value and what to do."""


class ModelError(UserError):
    """A model that cannot be used."""


class ConfigError(UserError):
    """A value that is not allowed; the message names what is."""


class DataError(UserError):
    """Examples that cannot be read."""


class TrainingError(UserError):
    """Training cannot go on; the message says what to change."""


class Cancelled(Exception):
    """The user asked to stop."""
