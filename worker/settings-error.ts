/** Thrown with everything that is wrong with a file or an option, a line each. */
export class SettingsError extends Error {}
