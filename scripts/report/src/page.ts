import type { Figure } from './figure.ts';
import type { Table } from './table.ts';

/** One question and its answer: text, then tables, then figures. */
export interface Section {
  readonly title: string;
  /** Plain text. */
  readonly text?: string;
  readonly tables?: readonly Table[];
  readonly figures?: readonly Figure[];
}

/** Where figures were measured. */
export interface Environment {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** Execution provider of the decoder: cpu, cuda, webgpu. */
  readonly provider: string;
  /** NVIDIA's name of it, where the decoder is on a GPU and the driver tells. */
  readonly gpu?: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** Where figures come from: fields that every result in JSON has. */
export interface Provenance {
  readonly seed: number;
  readonly data: string;
  readonly command: string;
  /** Absent in results of versions that did not record it. */
  readonly startedAt?: string;
  /** Of the last minute before the measurement began. */
  readonly loadAverage?: number;
  readonly environment: Environment;
}

/** What a page says, but for where it comes from. */
export interface PageContent {
  readonly title: string;
  /** Plain text: what was measured, in a sentence or two. */
  readonly lead: string;
  readonly sections: readonly Section[];
}

/** A result as a reader sees it, whatever it is written as. */
export interface Page extends PageContent {
  readonly provenance: Provenance;
}
