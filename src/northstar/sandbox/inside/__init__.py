"""What runs in the sandbox: with the standard library only, and nothing of Northstar but this folder.

A fork server (forkserver.py) waits for programs. For each it forks a supervisor (supervisor.py), which has the walls
built (walls.py), forks the program's own process (program.py), hands it the tests, watches its limits (running.py) and
reports.
"""
