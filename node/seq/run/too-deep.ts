/** Thrown when a resumable run has too many frames. */
export const TOO_DEEP: unique symbol = Symbol('too deep');
