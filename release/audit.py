"""Say which packages of a requirements file have known faults, by pip-audit; and which nobody could look up.

pip-audit ends well, with "No known vulnerabilities found", where the list of known faults has none of the packages.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def verdict(found: Any) -> tuple[str, int]:
    """Return what to say of pip-audit's JSON, and the exit code.

    >>> verdict({"dependencies": [{"name": "a", "version": "1", "vulns": []}]})
    ('1 package audited: no known faults', 0)
    >>> verdict({"dependencies": [{"name": "a", "skip_reason": "not found"}]})
    ('not audited: the list of known faults has none of the 1 packages, or could not be had', 1)
    """
    packages = found["dependencies"]
    audited = [each for each in packages if "skip_reason" not in each]
    if not audited:
        return f"not audited: the list of known faults has none of the {len(packages)} packages, or could not be had", 1
    faults = [
        f"{each['name']} {each['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'no version'}"
        for each in audited
        for fault in each["vulns"]
    ]
    left = [f"not audited: {each['name']}" for each in packages if "skip_reason" in each]
    said = f"{len(audited)} package{'s' * (len(audited) > 1)} audited: {len(faults) or 'no'} known faults"
    return "\n".join([*faults, *left, said]), int(bool(faults or left))


def main() -> None:
    """Audit the file that the command line names; the words after it run pip-audit."""
    requirements, *words = sys.argv[1:]
    asked = [*words, "--disable-pip", "--require-hashes", "-r", requirements, "-f", "json"]
    done = subprocess.run(asked, capture_output=True, text=True)
    try:
        said, code = verdict(json.loads(done.stdout))
    except json.JSONDecodeError:
        said, code = f"not audited: {(done.stderr.strip() or 'pip-audit said nothing').splitlines()[-1]}", 1
    print(said)
    sys.exit(code)


if __name__ == "__main__":
    main()
