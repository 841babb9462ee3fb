"""What an app declares about itself in its `manifest.json`, read without running its code.

Field names follow the conventions that dataset platforms already use (panels with supportedSlots,
toolbars with a location, modules with functions, services with a runtime, triggers with a spec).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from host_contract.entities import Metadata
from host_contract.errors import InvalidManifest
from host_contract.hookspecs import GROUP

CONTRACT_VERSION = 1
"""Version of this contract. A host refuses an app that was written for another one."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
"""A name that programs use: lower case, digits, '-' and '_'."""

FunctionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


def _is_namespace(value: str) -> str:
    if value.count(".") != 2:
        raise ValueError("must be 'service.module.function'")
    return value


Namespace = Annotated[str, AfterValidator(_is_namespace)]


class Declaration(BaseModel):
    """Base of all parts of a manifest: camelCase in JSON, unknown fields refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True
    )


class Slot(Declaration):
    """A place in the host's pages that a panel can fill."""

    type: Literal["datasetBrowser"]


class Panel(Declaration):
    """Something the app shows."""

    name: Name
    display_name: str
    icon: str | None = None
    min_role: Literal["viewer", "editor", "owner"] = "viewer"
    supported_slots: tuple[Slot, ...] = Field(min_length=1)


class Invoke(Declaration):
    """What a toolbar entry does: show a panel, or run a function (`service.module.function`)."""

    type: Literal["panel", "function"]
    namespace: str


class Toolbar(Declaration):
    """An entry in one of the host's menus or tab bars."""

    name: Name
    display_name: str
    icon: str | None = None
    location: Literal["datasetBrowserTab", "datasetBrowserApps"] = Field(
        description="A tab of the dataset browser, or Dataset Actions, deployment slot."
    )
    invoke: Invoke


class Input(Declaration):
    """A value that a function takes."""

    name: FunctionName
    type: Literal["Dataset", "Item[]", "Json", "String", "Integer", "Number", "Boolean"]
    description: str = ""
    default: JsonValue = None
    required: bool = False


class Function(Declaration):
    """Something the host can run for the app."""

    name: FunctionName
    display_name: str
    description: str
    input: tuple[Input, ...] = ()
    output: Literal["Json"] = "Json"


class Module(Declaration):
    """A group of functions."""

    name: Name
    functions: tuple[Function, ...] = Field(min_length=1)


class Runtime(Declaration):
    """The compute a service wants."""

    pod_type: str = Field(description="Size of machine by the platform's name, such as highmem-m.")
    concurrency: int = Field(default=1, ge=1, description="Executions at a time in a replica.")
    num_replicas: int = Field(default=1, ge=1)
    memory_mib: int | None = Field(
        default=None,
        ge=1,
        description="Memory of a process that works for an execution; more ends it.",
    )


class Service(Declaration):
    """How a module is run."""

    name: Name
    module_name: Name
    runtime: Runtime
    execution_timeout: int = Field(ge=1, description="Seconds.")
    max_attempts: int = Field(
        default=1, ge=1, description="Runs of an execution whose worker died."
    )


class Operation(Declaration):
    """What a trigger starts: a declared function as an execution, or the hook of the event."""

    type: Literal["function", "hook"]
    function_name: str


class TriggerSpec(Declaration):
    """When a trigger fires."""

    resource: Literal["Item", "Dataset"]
    actions: tuple[Literal["Created", "Updated", "Deleted"], ...] = Field(min_length=1)
    filter: Metadata = Field(default_factory=dict, description="Item query; empty for all.")
    operation: Operation


class Trigger(Declaration):
    """A reaction to an event. An event hook is called only when an active trigger names it."""

    name: Name
    active: bool = True
    type: Literal["Event"] = "Event"
    namespace: str = Field(description="services.<service name>")
    spec: TriggerSpec


class Model(Declaration):
    """A model the app uses, with the configuration that a host may override."""

    name: Name
    display_name: str
    configuration: Metadata = Field(default_factory=dict)


class Components(Declaration):
    """All that the app brings."""

    panels: tuple[Panel, ...] = ()
    toolbars: tuple[Toolbar, ...] = ()
    modules: tuple[Module, ...] = ()
    services: tuple[Service, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    models: tuple[Model, ...] = ()


class Manifest(Declaration):
    """The whole manifest, with every reference inside it resolved."""

    schema_: str | None = Field(default=None, alias="$schema")
    name: Name
    display_name: str
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    contract_version: int
    scope: Literal["public", "organization", "project"] = "public"
    description: str
    icon: str | None = None
    attributes: Metadata = Field(default_factory=dict)
    components: Components

    @model_validator(mode="after")
    def _references_resolve(self) -> Self:
        if self.contract_version != CONTRACT_VERSION:
            raise ValueError(
                f"contractVersion {self.contract_version} is not the host's {CONTRACT_VERSION}"
            )
        modules = {module.name for module in self.components.modules}
        for index, service in enumerate(self.components.services):
            if service.module_name not in modules:
                raise ValueError(
                    f"components.services[{index}].moduleName: no module {service.module_name!r}"
                )
        for index, toolbar in enumerate(self.components.toolbars):
            self._check_invoke(f"components.toolbars[{index}].invoke.namespace", toolbar.invoke)
        for index, trigger in enumerate(self.components.triggers):
            self._check_trigger(f"components.triggers[{index}]", trigger)
        return self

    def _check_invoke(self, where: str, invoke: Invoke) -> None:
        if invoke.type == "panel":
            if invoke.namespace not in {panel.name for panel in self.components.panels}:
                raise ValueError(f"{where}: no panel {invoke.namespace!r}")
        elif invoke.namespace not in self.namespaces():
            raise ValueError(f"{where}: no function {invoke.namespace!r} (service.module.function)")

    def _check_trigger(self, where: str, trigger: Trigger) -> None:
        service = trigger.namespace.removeprefix("services.")
        if service not in {service.name for service in self.components.services}:
            raise ValueError(f"{where}.namespace: no service {trigger.namespace!r}")
        operation = trigger.spec.operation
        if operation.type == "function" and operation.function_name not in self.functions():
            raise ValueError(
                f"{where}.spec.operation.functionName: no function {operation.function_name!r}"
            )
        events = {
            f"{trigger.spec.resource.lower()}{'s' if trigger.spec.resource == 'Item' else ''}"
            f"_{action.lower()}"
            for action in trigger.spec.actions
        }
        if operation.type == "hook" and events != {operation.function_name}:
            raise ValueError(
                f"{where}.spec.operation.functionName: {operation.function_name!r} is not the hook "
                f"of {', '.join(sorted(events))}"
            )

    def functions(self) -> dict[str, Function]:
        """All declared functions by name."""
        return {
            function.name: function
            for module in self.components.modules
            for function in module.functions
        }

    def namespaces(self) -> dict[str, Function]:
        """All functions by `service.module.function`."""
        modules = {module.name: module for module in self.components.modules}
        return {
            f"{service.name}.{service.module_name}.{function.name}": function
            for service in self.components.services
            for function in modules[service.module_name].functions
        }

    def service_of(self, function: str) -> Service:
        """The first service that runs a function. Raises `KeyError` when none does."""
        for namespace in self.namespaces():
            service_name, _, function_name = namespace.split(".")
            if function_name == function:
                return next(s for s in self.components.services if s.name == service_name)
        raise KeyError(function)


def read_manifest(path: Path) -> Manifest:
    """Read and validate a manifest.

    Raises:
        InvalidManifest: with the file, the first wrong field and the reason, in one line.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Manifest.model_validate(content)
    except OSError as error:
        raise InvalidManifest(f"{path}: {error.strerror or error}") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidManifest(f"{path}: not JSON: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        reason = f"{field}: {first['msg']}" if field else first["msg"]
        raise InvalidManifest(f"{path}: {reason}") from error


def manifest_schema() -> dict[str, JsonValue]:
    """JSON Schema of a manifest, made from the models above."""
    schema = Manifest.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": GROUP, **schema}
