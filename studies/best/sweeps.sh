#!/usr/bin/env bash
# The sweeps that row `best` comes from, at the budget at work: bash studies/best/sweeps.sh
#
# Every point is row `start` with seed 1, the settings held so far, and its own. After each sweep the
# winner by the mean score on dev is held, if it leads by more than 0.001: `hold` says what won here.
# DVC wants a clean Git state, and the names of the points free (`dvc exp remove`). Ends with
# sweeps.csv.
set -euo pipefail
file=studies/best/params.yaml
held=(-S "$file:seeds=[1]")

# sweep NAME 'KEY=VALUE KEY=VALUE'...: a point for each list of settings
sweep() {
  local number=0 settings
  for settings in "${@:2}"; do
    local own=("${held[@]}") one
    for one in $settings; do own+=(-S "$file:+strategies.start.$one"); done
    dvc exp run --queue --name "$1-$((++number))" "${own[@]}" studies/best/dvc.yaml:evaluate@start-1
  done
  dvc queue start
  while dvc queue status | grep -Eq ' (Queued|Running)'; do sleep 10; done
}

hold() {
  held+=(-S "$file:+strategies.start.$1")
}

sweep para '' 'heads.para={name:linear,features:[abs_diff,product,cosine]}' \
  'heads.para={name:mlp,features:[u,v,abs_diff,product]}' 'encoding.para=joint'
hold 'heads.para={name:linear,features:[abs_diff,product,cosine]}'

# With as many examples of each task as its batches take
small='batch_size={sst:8,para:8,sts:8}'
equal='examples={sst:{count:6000},para:{count:6000},sts:{count:6000}}'
sweep batch "$small $equal"
hold "$small"
hold "$equal"

sweep rate 'learning_rate=2.0e-5' 'learning_rate=4.0e-5'
hold 'learning_rate=2.0e-5'

# Neither leads by more than 0.001.
sweep method 'sampler=annealed' 'averaging=ema'

scores='sst.accuracy|para.accuracy|sts.pearson|overall.mean'
dvc exp show --csv --hide-failed --drop '.*' \
  --keep "Experiment|Created|.*strategies.start.*|.*start-1.json:($scores)" > studies/best/sweeps.csv
