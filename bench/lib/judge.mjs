/** Goal and gate of one measurement; exceeding the gate fails the run. */
export function judge(what, value, goal, gate, unit = 'µs') {
  const verdict = value <= goal ? 'goal reached' : value <= gate ? 'within the gate' : 'OVER THE GATE';
  console.log(`  → ${what}: ${value.toFixed(2)} ${unit} (goal ${goal}, gate ${gate}): ${verdict}`);
  if (value > gate) process.exitCode = 1;
}
