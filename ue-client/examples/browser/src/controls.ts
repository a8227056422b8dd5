import type { EncoderBackend } from '@edge-csi/ue-client';
import { element } from './page.ts';
import type { UePlace } from './ue-host.ts';
import type { Pacing } from './ue-run.ts';

/** What is set on the page. */
export interface Settings extends Pacing {
  readonly modelId: string;
  readonly encoder: EncoderBackend;
  readonly place: UePlace;
  readonly ueId: string;
  readonly ueToken: string;
  readonly estimatesToken: string;
}

/** How a change of the controls takes effect. */
export interface ControlsEvents {
  /** Model, encoder, place or identity: another UE has to take over. */
  readonly onRestart: (settings: Settings) => void;
  /** Rate, cap or pause. */
  readonly onPace: (settings: Settings) => void;
}

/** Rates to choose from, in periods of the BS. */
const paces = [1, 2, 5, 25, 100] as const;
/** A channel that changes 25 times a second is more than one can look at, or may want to. */
const usualPace = 5;
const calmPace = 25;
/** Caps to choose from, in bits. */
const caps = [60, 80, 100, 150, 200, 300] as const;

/** The form at the top of the page. */
export class Controls {
  readonly #form = element('controls', HTMLFormElement);
  readonly #model = element('model', HTMLSelectElement);
  readonly #pace = element('pace', HTMLSelectElement);
  readonly #cap = element('cap', HTMLSelectElement);
  readonly #pause = element('pause', HTMLButtonElement);
  readonly #ueId = element('ue-id', HTMLInputElement);
  #isPaused = false;

  constructor(events: ControlsEvents) {
    this.#ueId.value = `page-${randomSuffix()}`;
    this.#pace.replaceChildren(...paces.map((pace) => new Option('', String(pace))));
    for (const bits of caps) this.#cap.add(new Option(`${bits} bits`, String(bits)));
    this.showPeriod(undefined);
    this.#pace.value = String(matchMedia('(prefers-reduced-motion: reduce)').matches ? calmPace : usualPace);
    this.#form.addEventListener('change', ({ target }) => {
      if (target === this.#pace || target === this.#cap) events.onPace(this.settings);
      // The identity takes effect when it is complete.
      else if (!(target instanceof HTMLInputElement && target.type !== 'radio')) events.onRestart(this.settings);
    });
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      events.onRestart(this.settings);
    });
    this.#pause.addEventListener('click', () => {
      this.#isPaused = !this.#isPaused;
      this.#pause.textContent = this.#isPaused ? 'Resume' : 'Pause';
      events.onPace(this.settings);
    });
  }

  get settings(): Settings {
    const form = new FormData(this.#form);
    return {
      modelId: this.#model.value,
      encoder: form.get('encoder') === 'ort' ? 'ort' : 'micro',
      place: form.get('place') === 'worker' ? 'worker' : 'main',
      periodsPerReport: Number(this.#pace.value),
      isPaused: this.#isPaused,
      maxBits: this.#cap.value === '' ? undefined : Number(this.#cap.value),
      ueId: this.#ueId.value,
      ueToken: element('ue-token', HTMLInputElement).value,
      estimatesToken: element('estimates-token', HTMLInputElement).value,
    };
  }

  /** Fills the list of models. */
  showModels(ids: readonly string[]): void {
    for (const id of ids) this.#model.add(new Option(id, id));
  }

  /** Shows the cap, which path reports alone have. */
  showCap(isShown: boolean): void {
    element('cap-label', HTMLElement).hidden = !isShown;
  }

  /** Labels the rates; undefined before the BS has said its period. */
  showPeriod(periodMs: number | undefined): void {
    for (const option of this.#pace.options) {
      const pace = Number(option.value);
      if (periodMs === undefined) option.text = pace === 1 ? 'every period' : `1 in ${pace} periods`;
      else option.text = `${Number((1000 / (periodMs * pace)).toPrecision(3))} /s`;
    }
  }
}

/** Two pages at a time must not take each other's session. */
function randomSuffix(): string {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  return number.toString(36).slice(-5).padStart(5, '0');
}
