#!/usr/bin/env node
import { processTerminal, runItok } from './index.js';

process.exitCode = await runItok(process.argv.slice(2), processTerminal());
