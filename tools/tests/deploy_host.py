"""A machine in a folder: commands are written down and not run, files have no owner."""

import subprocess

from deploy.steps.host import Host


class PretendHost(Host):
    """`answers` says what a command prints, by its first words; `fails` names those that fail."""

    def __init__(self, root, answers=None, fails=()):
        super().__init__(str(root))
        self.ran, self.said = [], []
        self.answers, self.fails = answers or {}, fails

    def say(self, text):
        self.said.append(text)

    def run(self, *words, user="", quiet=False, check=True, **options):
        line = " ".join(map(str, words))
        self.ran.append(f"{user}: {line}" if user else line)
        self.inputs = [*getattr(self, "inputs", []), options.get("input", "")]
        code = int(any(line.startswith(one) for one in self.fails))
        said = next((text for start, text in self.answers.items() if line.startswith(start)), "")
        return subprocess.CompletedProcess(words, code, said, "")

    def own(self, path, owner, group):
        pass


class LocalHost(PretendHost):
    """Programs run here, as whoever we are; owners stay."""

    def run(self, *words, user="", **options):
        return Host.run(self, *words, **options)

    def start(self, *words, user="", **options):
        return Host.start(self, *words, **options)
