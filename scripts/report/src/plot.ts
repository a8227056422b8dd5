/** One line of a plot. */
export interface PlotSeries {
  readonly name: string;
  readonly line: 'solid' | 'dashed' | 'none';
  /**
   * `ordered` series take colours of one ramp in their order, `category` ones colours without an order; `reference` ones
   * are not measured here, or not at all: grey, dotted, with open markers.
   */
  readonly colour: 'ordered' | 'category' | 'reference';
  /** Series of one group have one colour, and the dashed ones open markers; default: the name. */
  readonly group?: string;
  /** Those that are not finite are left out. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** An axis: its title says quantity and unit. */
export interface PlotAxis {
  readonly title: string;
  readonly scale: 'linear' | 'log';
  /** Ticks; chosen by the renderer where absent. */
  readonly ticks?: readonly number[];
  /** Whether a linear axis starts at zero. */
  readonly fromZero?: boolean;
}

export interface LinePlot {
  readonly kind: 'lines';
  readonly title: string;
  readonly subtitle: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  /** Whether points are marked. */
  readonly markers: boolean;
  /** In the order of the legend. */
  readonly series: readonly PlotSeries[];
}

/** Line plots side by side on the same axes, small multiples: series of one name look alike in all. */
export interface LinePanels {
  readonly kind: 'line-panels';
  readonly title: string;
  readonly subtitle: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  /** From left to right, line by line. */
  readonly panels: readonly { readonly title: string; readonly series: readonly PlotSeries[] }[];
  readonly panelsPerLine: number;
}
