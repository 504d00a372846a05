#!/bin/bash
# sbatch slurm.sh, in the clone, on a file system that all nodes mount.
#SBATCH --job-name=mtbert
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --gpus-per-node=4
#SBATCH --time=08:00:00

. .venv/bin/activate
# Without the token in ~/.ray others could run code as you.
export RAY_AUTH_MODE=token
ray get-auth-token --generate > /dev/null
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
# srun starts Ray on every node; the first one then runs the command.
exec srun ray symmetric-run --address "$head:6379" --min-nodes "$SLURM_NNODES" -- \
  mtbert run --address auto --gpus-per-run 1 --cpus-per-run 4
