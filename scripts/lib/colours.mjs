import pc from 'picocolors';

// picocolors also colours where CI is set, which makes log files hard to read.
const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
const wanted = FORCE_COLOR ? FORCE_COLOR !== '0' : process.stdout.isTTY === true && TERM !== 'dumb';

export const colours = pc.createColors(wanted && !NO_COLOR);
