#!/bin/bash
#SBATCH --job-name=out-aime24
#SBATCH --comment=northstar:out
#SBATCH --partition=gpu
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --signal=B:USR1@300
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=/lustre/me/out/eval-logs/jobs/001/aime24/slurm-%j.log

# aime24: 2 outputs, 60 samples
# By hand: sbatch, with this file. What is done is not asked again.

job=/lustre/me/out/eval-logs/jobs/001/aime24

# The server, a step of its own: this program starts there what the worker asks for, and starts it again when it dies.
rm -f "$job"/server/rank-*.json "$job"/server/ended
(
    srun --overlap --nodes=1 --ntasks=1 --ntasks-per-node=1 --relative=0 /opt/ns/python \
        /lustre/me/code/northstar-1/northstar/servers/hosting/step.py \
        /lustre/me/out/eval-logs/jobs/001/aime24/server 1 \
        > "$job/server/step.log" 2>&1 < /dev/null
    echo "status $?" > "$job/server/ended"
) &

# Some minutes before the time limit Slurm sends USR1: the worker stops, and the job is queued again and goes on where
# it was. TERM is a preemption, or scancel: all steps get it.
trap 'told=yes; kill -USR1 "$worker"' USR1
trap : TERM

# The worker: it asks, grades and writes.
srun --overlap --nodes=1 --ntasks=1 --ntasks-per-node=1 --relative=0 env \
    PYTHONPATH=/lustre/me/code/northstar-1 /opt/ns/python -m northstar.executors.local.worker_entry \
    /lustre/me/out/eval-logs/jobs/001/aime24/job.json < /dev/null &
worker=$!
while wait "$worker"; kill -0 "$worker" 2> /dev/null; do :; done
wait "$worker"
status=$?

# 75: it was stopped after it had got something done; 130: before that.
if [ "$told" = yes ]; then
    [ $status = 75 ] && again=yes
    [ $status = 130 ] && echo "Nothing got done before the time limit; the job needs a longer one."
elif [ $status = 75 ] || [ $status = 130 ]; then
    # Not by the time limit. A job that was cancelled isn't running any more by now; one that is makes way for another.
    [ "$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%T)" = RUNNING ] && again=yes
fi
# Slurm's controller may be away for a moment.
[ "$again" != yes ] || for pause in 0 10 30; do
    sleep $pause
    scontrol requeue "$SLURM_JOB_ID" || continue
    echo "All that was done is kept. The job is queued again and will go on where it was."
    break
done
exit $status
