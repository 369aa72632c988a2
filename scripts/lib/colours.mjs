import pc from 'picocolors';

// picocolors would also colour where CI is set; a file that someone reads later is better without.
const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
const wanted = FORCE_COLOR ? FORCE_COLOR !== '0' : process.stdout.isTTY === true && TERM !== 'dumb';

export const colours = pc.createColors(wanted && !NO_COLOR);
