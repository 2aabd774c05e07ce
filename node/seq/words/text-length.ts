/** The longest text that a word makes, in UTF-16 units, or in bytes if it is not UTF-8. */
export const TEXT_LENGTH_MAX = 16 * 1024 * 1024;
