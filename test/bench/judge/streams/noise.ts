/**
 * What makes minutes differ beyond chance: the stream classes of statistics.md section 9. A class gives each minute two
 * factors of mean one, by which the intensity of whatever is measured (errors, flawed answers, slow requests, costs)
 * departs in each arm, and a factor of the traffic. It is the same for every kind of metric.
 */
import type { Random } from '../random.js';

export const MINUTES_A_DAY = 1_440;

export interface StreamClass {
  name: string;
  what: string;
  /** Coefficients of variation of a factor that both arms share, and of one that each arm has for itself. */
  sharedCv: number;
  armCv: number;
  /** Of neighbouring minutes of an arm's own factor, in logarithms. */
  correlation: number;
  /** Traffic and intensity follow the hour of the day by these amplitudes. */
  daily: { traffic: number; intensity: number };
  /** Users of an arm who stay in it; 0: units are independent. */
  stickyUsers: number;
}

const steady = { sharedCv: 0, armCv: 0, correlation: 0, daily: { traffic: 0, intensity: 0 }, stickyUsers: 0 };

export const POISSON: StreamClass = { ...steady, name: 'poisson', what: 'independent units, nothing else' };
export const SHOCK: StreamClass = {
  ...steady,
  name: 'shock',
  what: 'each minute shakes both arms by the same log-normal factor, CV .5',
  sharedCv: 0.5,
};
export const BURSTS_3: StreamClass = {
  ...steady,
  name: 'bursts .3',
  what: 'each minute and arm has a log-normal factor of its own, CV .3',
  armCv: 0.3,
};
export const BURSTS_8: StreamClass = {
  ...steady,
  name: 'bursts .8',
  what: 'the same, CV .8',
  armCv: 0.8,
};
export const AR1: StreamClass = {
  ...steady,
  name: 'AR(1) .5',
  what: "each arm's own log-normal factor, CV .5, whose logarithm correlates by .5 with that of the minute before",
  armCv: 0.5,
  correlation: 0.5,
};
export const DIURNAL: StreamClass = {
  ...steady,
  name: 'diurnal',
  what: 'traffic rises and falls by 60 % over the day and the intensity by 50 % with it, in both arms',
  daily: { traffic: 0.6, intensity: 0.5 },
};
export const STICKY: StreamClass = {
  ...steady,
  name: 'sticky users',
  what: '5,000 users per arm who stay there, activity and intensity of a user each with CV 1: the arms differ for ever',
  stickyUsers: 5_000,
};

export const CLASSES: readonly StreamClass[] = [POISSON, SHOCK, BURSTS_3, BURSTS_8, AR1, DIURNAL, STICKY];

export function classNamed(name: string): StreamClass {
  const found = CLASSES.find((each) => each.name === name);
  if (!found) throw new Error(`there is no stream class ${name}`);
  return found;
}

/** An arm's users: how active they are together, and how their activity weighs their intensities. Means are 1. */
interface Crowd {
  traffic: number;
  intensity: number;
}

const EVERYBODY: Crowd = { traffic: 1, intensity: 1 };

function crowdOf(random: Random, users: number): Crowd {
  if (users === 0) return EVERYBODY;
  let [activity, weighted] = [0, 0];
  for (let user = 0; user < users; user += 1) {
    const own = random.exponential();
    activity += own;
    weighted += own * random.exponential();
  }
  return { traffic: activity / users, intensity: weighted / activity };
}

const lnDeviation = (cv: number): number => Math.sqrt(Math.log(1 + cv * cv));

/** The factors of the present minute. */
export class Noise {
  control = 1;
  treated = 1;
  /** Of everybody on the baseline, before the stage. */
  everybody = 1;
  controlTraffic = 1;
  treatedTraffic = 1;
  readonly #random: Random;
  readonly #class: StreamClass;
  readonly #shared: number;
  readonly #own: number;
  /** Part of an arm's factor that is new each minute. */
  readonly #fresh: number;
  readonly #controlCrowd: Crowd;
  readonly #treatedCrowd: Crowd;
  readonly #allIntensity: number;
  readonly #phase: number;
  #controlZ: number;
  #treatedZ: number;
  #minute = 0;

  constructor(of: StreamClass, random: Random) {
    this.#class = of;
    this.#random = random;
    this.#shared = lnDeviation(of.sharedCv);
    this.#own = lnDeviation(of.armCv);
    this.#fresh = Math.sqrt(1 - of.correlation * of.correlation);
    this.#controlCrowd = crowdOf(random, of.stickyUsers);
    this.#treatedCrowd = crowdOf(random, of.stickyUsers);
    this.#allIntensity = pooled(this.#controlCrowd, this.#treatedCrowd);
    this.#controlZ = random.normal();
    this.#treatedZ = random.normal();
    this.#phase = random.uniform();
    this.controlTraffic = this.#controlCrowd.traffic;
    this.treatedTraffic = this.#treatedCrowd.traffic;
  }

  /** Whether the mean of the traffic never changes, so that its counts can be drawn from a table. */
  get isTrafficConstant(): boolean {
    return this.#class.daily.traffic === 0;
  }

  next(): void {
    let shared = 1;
    if (this.#shared > 0) shared = Math.exp(this.#shared * this.#random.normal() - (this.#shared * this.#shared) / 2);
    if (!this.isTrafficConstant) shared *= this.#hour();
    let control = shared;
    let treated = shared;
    if (this.#own > 0) {
      const half = (this.#own * this.#own) / 2;
      const { correlation } = this.#class;
      this.#controlZ = correlation * this.#controlZ + this.#fresh * this.#random.normal();
      this.#treatedZ = correlation * this.#treatedZ + this.#fresh * this.#random.normal();
      control *= Math.exp(this.#own * this.#controlZ - half);
      treated *= Math.exp(this.#own * this.#treatedZ - half);
    }
    this.control = control * this.#controlCrowd.intensity;
    this.treated = treated * this.#treatedCrowd.intensity;
    this.everybody = control * this.#allIntensity;
  }

  /** Sets the traffic of this time of day and gives the intensity's factor. */
  #hour(): number {
    const { traffic, intensity } = this.#class.daily;
    const wave = Math.sin(2 * Math.PI * (this.#minute / MINUTES_A_DAY + this.#phase));
    this.#minute += 1;
    this.controlTraffic = (1 + traffic * wave) * this.#controlCrowd.traffic;
    this.treatedTraffic = (1 + traffic * wave) * this.#treatedCrowd.traffic;
    return 1 + intensity * wave;
  }
}

function pooled(a: Crowd, b: Crowd): number {
  return (a.traffic * a.intensity + b.traffic * b.intensity) / (a.traffic + b.traffic);
}
