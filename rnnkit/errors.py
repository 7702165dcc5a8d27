"""What goes wrong because of a user's input: a message to print, an exit code, never a stack trace."""


class UserError(Exception):
    """A mistake that the user can mend. Its text says where, what came, what is allowed and what to do."""

    exit_code = 2


class ConfigError(UserError):
    """A configuration file or an override that cannot be used; lists every problem found at once."""


class DataError(UserError):
    """A corpus, file or text that cannot be read as the configuration says."""


class ArtifactError(UserError):
    """A run directory or SavedModel that is missing, damaged, foreign or of another app."""


class TrainingError(UserError):
    """Training that cannot go on, such as a loss that is no longer finite."""

    exit_code = 1
