import { lazy, Suspense, useCallback, useMemo, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useMunicipality } from "@/app/municipality";
import { Failed, Loading } from "@/parts/states";
import { useFormat } from "@/format/use-format";
import { useTellFailed } from "@/parts/toasts";
import { useOverview } from "@/screens/overview/use-overview";
import type { Engine, Hit } from "./engine";
import { Legend } from "./Legend";
import type { Palette } from "./palette";
import { Side } from "./Side";
import { Summary } from "./Summary";
import { Tools, type Tool } from "./Tools";
import { assetsNear, useBase, useBaseShown, useNetwork, usePlace } from "./use-map";
import { canLocate, useLive, useOwnPosition } from "./use-layers";
import { hasWebGl } from "./webgl";
import { figuresOf } from "./zones";
import css from "./Screen.module.css";

const Canvas = lazy(() => import("./Canvas"));

/** The network on a map, with what is true now: pipes, assets, zones, sensors and their values, alarms. */
export default function MapScreen(): ReactNode {
  const t = useTranslations("map");
  const { id: municipality } = useMunicipality();
  const { network, problem, retry } = useNetwork();
  const base = useBase();
  const [isBaseShown] = useBaseShown();
  const below = isBaseShown ? (base ?? null) : null;
  const format = useFormat();
  const { overview } = useOverview();
  const zones = useMemo(() => figuresOf(overview, format.value), [overview, format]);
  const [place, change] = usePlace();
  const [engine, setEngine] = useState<Engine | null>(null);
  const [colours, setColours] = useState<Palette | null>(null);
  const [tool, setTool] = useState<Tool | null>(null);
  const [isLocating, setLocating] = useState(false);
  const [drawnAt, setDrawnAt] = useState(0);
  const canDraw = useMemo(hasWebGl, []);
  const failed = useTellFailed();
  const moved = useLive(engine);
  const lost = useCallback(() => {
    setLocating(false);
    failed(new Error(t("noPosition")));
    // oxlint-disable-next-line react/exhaustive-deps -- `failed` is another function each time, and does the same
  }, [t]);
  useOwnPosition(engine, isLocating, lost);

  const hit = (found: Hit | null): void => {
    if (!found) change({ selected: null });
    else if (found.id !== null) change({ selected: { kind: found.kind, id: found.id } });
    else void nearest(municipality, found).then((id) => change({ selected: id === null ? null : { kind: "asset", id } }), failed);
  };

  if (problem && !network) return <Failed problem={problem} retry={retry} />;
  if (!network || base === undefined) return <Loading />;
  return (
    <div className={css["screen"]} data-tool={tool ?? undefined}>
      <h1 className="visually-hidden">{t("title")}</h1>
      <Side engine={engine} colours={colours} place={place} change={change} tool={tool} setTool={setTool} base={base} />
      <section className={css["map"]} aria-label={t("title")}>
        {canDraw ? (
          <Suspense fallback={<Loading />}>
            <Canvas
              key={`${municipality} ${below?.base.added_at ?? ""}`} // another base map is another map
              network={network} base={below} mode={place.mode} view={place.view} zones={zones}
              onReady={setEngine} onColours={setColours} onHit={hit}
              onMove={(view) => {
                moved();
                change({ view });
              }}
              onDrawn={() => setDrawnAt(Date.now())}
            />
          </Suspense>
        ) : (
          <p className={css["none"]} role="alert">{t("noWebGl")}</p>
        )}
        {canDraw && (
          <>
            <Tools
              tool={tool} setTool={setTool}
              onZoom={(by) => engine?.zoom(by)}
              onFit={() => network.bounds && engine?.fit(network.bounds.map(Number) as [number, number, number, number])}
              isLocating={isLocating} onLocate={canLocate() ? () => setLocating(!isLocating) : null}
            />
            {(tool === "measure" || tool === "edit") && <span className={css["cross"]} aria-hidden="true" />}
            {tool === "legend" && colours && (
              <Legend colours={colours} mode={place.mode} setMode={(mode) => change({ mode })} close={() => setTool(null)} />
            )}
            <Summary engine={engine} network={network} drawnAt={drawnAt} />
          </>
        )}
        {below?.base.attribution && <p className={css["attribution"]}>{below.base.attribution}</p>}
      </section>
    </div>
  );
}

/** From afar links have no ids in the tiles; the asset that is nearest to a click is meant. */
async function nearest(municipality: number, { at, metres }: Hit): Promise<number | null> {
  const [first] = await assetsNear([at[0], at[1]], Math.ceil(metres), municipality);
  return first?.id ?? null;
}
