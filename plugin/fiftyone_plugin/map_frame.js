// The page with the map, inside a panel of FiftyOne's App. The App offers React and its plugins' door.
(() => {
  const { registerComponent, PluginComponentType } = window.__fop__;

  function ClusteringFrame({ schema }) {
    return window.React.createElement("iframe", {
      src: schema.view.address,
      title: "Clustering",
      allow: "clipboard-write",
      style: { border: 0, width: "100%", height: "calc(100vh - 165px)", display: "block" },
    });
  }

  registerComponent({
    name: "ClusteringFrame",
    label: "Clustering",
    component: ClusteringFrame,
    type: PluginComponentType.Component,
    activator: () => true,
  });
})();
