#!/usr/bin/env bash
# The sweeps that row `best` comes from, at the active budget: `bash studies/best/sweeps.sh`, or
# `JOBS=4 OMP_NUM_THREADS=2 bash studies/best/sweeps.sh` for four points at a time.
#
# Every point is row `start` with seed 1, the settings held so far, and its own. After each sweep the
# point with the highest mean score on dev is held, if it leads by more than 0.001. DVC wants a clean
# Git state, and the names of the points free (`dvc exp remove`). Leaves sweeps.csv.
set -euo pipefail
file=studies/best/params.yaml csv=studies/best/sweeps.csv
held=(-S "$file:seeds=[1]")
top=0
declare -A points
scores='sst.accuracy|para.accuracy|sts.pearson|overall.mean'

# sweep NAME 'KEY=VALUE KEY=VALUE'...: a point for each list of settings
sweep() {
  local number=0 settings one point score
  for settings in "${@:2}"; do
    local own=("${held[@]}") name="$1-$((++number))"
    points[$name]=$settings
    for one in $settings; do own+=(-S "$file:+strategies.start.$one"); done
    dvc exp run --queue --name "$name" "${own[@]}" studies/best/dvc.yaml:evaluate@start-1
  done
  dvc queue start -j "${JOBS:-1}"
  local status ended=0
  while ((ended < number)); do
    sleep 10
    status=$(dvc queue status)
    ended=$(grep -cE " $1-[0-9]+ .* (Success|Failed)" <<< "$status") || true
  done
  if grep -E " $1-[0-9]+ .* Failed" <<< "$status"; then exit 1; fi
  dvc exp show --csv --hide-failed --drop '.*' \
    --keep "Experiment|Created|.*strategies.start.*|.*start-1.json:($scores)" > "$csv"
  # Its sixth column is the mean; only later ones hold commas. Of equal points the first one counts.
  IFS=, read -r point _ _ _ _ score _ < <(grep "^$1-" "$csv" | sort -t, -k6,6gr -k1,1V)
  echo "$1: $point has $score, held: $top"
  if awk "BEGIN { exit !($score > $top + 0.001) }"; then
    top=$score
    for one in ${points[$point]}; do held+=(-S "$file:+strategies.start.$one"); done
  fi
}

features='features:[abs_diff,product,cosine]'
sweep para '' "heads.para={name:linear,$features}" \
  'heads.para={name:mlp,features:[u,v,abs_diff,product]}' 'encoding.para=joint'
sweep sts "heads.sts={name:linear,$features}" "heads.sts={name:mlp,$features}" \
  'encoding.sts=joint heads.sts=linear'
# As many examples of each task as its batches take
sweep batch 'batch_size={sst:8,para:8,sts:8} examples={sst:{count:6000},para:{count:6000},sts:{count:6000}}' \
  'batch_size={sst:16,para:16,sts:8} examples={sst:{count:7200},para:{count:7200},sts:{count:3600}}'
sweep rate 'learning_rate=2.0e-5' 'learning_rate=4.0e-5'
sweep schedule 'schedule=constant' 'schedule=cosine'
sweep sampling 'sampler=round_robin' 'sampler=annealed' 'balancing=mean' 'balancing=uncertainty' \
  'balancing=pcgrad'
sweep more 'averaging=ema' 'regularizers={sst:rdrop}' 'regularizers={sst:smart}' \
  'auxiliaries={para:in_batch_negatives}' 'pooling=max_mean'
