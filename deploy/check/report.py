"""What held and what did not. Only the second is printed; the check ends with 1 if there is any."""

import traceback


class Report:
    def __init__(self):
        self.held = 0
        self.failed = []

    def that(self, what, holds, seen=""):
        """Notes that `what` holds, or prints it with what was seen instead."""
        if holds:
            self.held += 1
            return
        self.failed.append(what)
        print(f"deploy-check: FAILED: {what}" + (f"\n    seen: {seen}" if seen != "" else ""))

    def run(self, check, *given):
        """Makes a check; one that cannot be made does not hold."""
        try:
            check(self, *given)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.that(check.__name__, False, f"{type(error).__name__}: {error} ({where.filename}:{where.lineno})")

    def same(self, what, seen, wanted):
        self.that(what, seen == wanted, f"{seen!r}, not {wanted!r}")
