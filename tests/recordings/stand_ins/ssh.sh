#!/bin/sh
# Stands in for ssh: notes how it was called, and runs the command here, in another home.
echo "ssh $*" >> "$STAND_INS/ssh.log"
case "$1" in
-G) printf 'controlmaster auto\ncontrolpath /tmp/socket\n'; exit ;;
esac
shift $(($# - 1))
HOME=$STAND_INS/there
export HOME
mkdir -p "$HOME"
echo 'PATH=$STAND_INS/bin:$PATH' > "$HOME/.bash_profile" # a login shell sets a PATH of its own
exec sh -c "$1"
