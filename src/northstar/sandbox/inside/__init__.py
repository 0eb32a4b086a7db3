"""The code that runs inside the sandbox, with only the standard library and this folder. See README.md.

A fork server (forkserver.py) waits for programs. For each it forks a supervisor (supervisor.py), which builds the walls
(walls.py), forks the program's process (program.py), hands it the tests, enforces its limits (running.py) and reports.
"""
