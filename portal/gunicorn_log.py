"""Gunicorn's own lines as JSON too: `--logger-class portal.gunicorn_log.JsonLogger`."""

from gunicorn.glogging import Logger

from portal.logs import JsonFormatter


class JsonLogger(Logger):
    """Gunicorn's, with our formatter: its words without what a stranger sent."""

    def setup(self, cfg):
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())
