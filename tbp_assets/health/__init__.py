"""Is it healthy? One small module a subject, each of which looks and says what it saw and what to do.

Nothing is changed by looking, but that an embedded server which has data is started, as every command does, and that a
temporary file is written where files are to be written.
"""
