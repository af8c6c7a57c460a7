"""The private PostgreSQL and Valkey of a data directory, for a hub that was given no database of its own.

Both come from wheels and listen on unix sockets alone, in a directory only this user may enter: no TCP port, no
password. Every process with the same data directory shares them: the first starts them, the last one to leave stops
them, and whoever comes after a crash takes over what still runs.

PostgreSQL refuses to run as root. Started as root, the hub therefore runs it as ``nobody``, who owns the database
files and keeps one capability (CAP_DAC_OVERRIDE) to reach them through directories that stay private to root: no user
is made, and no directory outside the data directory changes its rights.
"""
