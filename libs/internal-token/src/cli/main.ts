#!/usr/bin/env node
import { runItok } from './index.js';

process.exitCode = await runItok(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  colours: process.stdout.isTTY === true && process.stdout.hasColors(),
});
