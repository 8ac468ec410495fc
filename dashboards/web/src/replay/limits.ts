// What a replay takes at most. The first four are the market's own (values/JobLimits.cs, ProgramLimits.cs): over them a run there ends as well.

const mebibyte = 1024 * 1024;

export const moduleBytesMax = 64 * mebibyte;
export const inputBytesMax = 64 * mebibyte;
export const outputBytesMax = 64 * mebibyte;
export const logBytesMax = 64 * 1024;

/** A state is loaded whole before the run, because a page cannot answer a program that waits. Larger ones are for the command line. */
export const stateBytesMax = 16 * mebibyte;

/** A reader of a page waits no longer; the market gives a run up to an hour. */
export const runMsMax = 60_000;
