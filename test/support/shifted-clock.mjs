// Loaded before `ee` with NODE_OPTIONS=--import: the calendar is CLOCK_SHIFT_SECONDS ahead. Timers run as they do.
const shift = Number(process.env.CLOCK_SHIFT_SECONDS ?? 0) * 1000;
const RealDate = Date;

globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shift);
    else super(...args);
  }

  static now() {
    return RealDate.now() + shift;
  }
};
