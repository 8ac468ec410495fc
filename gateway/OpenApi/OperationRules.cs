using System.Net.Mime;
using System.Text.Json.Nodes;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Marketplace.Gateway;

/// <summary>Writes a route's rules into its operation: who may call it, what it takes, what it answers, how it refuses.</summary>
internal sealed class OperationRules(RecordSchemas schemas) : IOpenApiOperationTransformer
{
    private static readonly Dictionary<string, Type> PathValues = new(StringComparer.Ordinal)
    {
        ["account"] = typeof(AccountId),
        ["job"] = typeof(JobId),
        ["blob"] = typeof(BlobId),
        ["lease"] = typeof(LeaseId),
        ["program"] = typeof(ProgramId),
        ["worker"] = typeof(WorkerId),
    };

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var document =
            context.Document
            ?? throw new InvalidOperationException("An operation stands outside a document. This is a bug in the gateway.");
        Name(operation, context.Description.HttpMethod);
        Secure(operation, document, metadata.OfType<AccessRule>().Single());
        Path(operation, document);
        Query(operation, document, metadata.OfType<QueryRule>());
        if (metadata.OfType<BodyRule>().LastOrDefault() is { } body)
        {
            Body(operation, document, body);
        }
        operation.Responses ??= [];
        if (metadata.OfType<CreatesRule>().Any())
        {
            operation.Responses.Remove("200");
        }
        var events = metadata.OfType<EventsRule>().SingleOrDefault();
        if (events is not null)
        {
            LastId(operation);
        }
        Answers(operation, context, document, events);
        Refusals(operation, document, RouteRefusals.Of(metadata));
        return Task.CompletedTask;
    }

    /// <summary>
    /// A route that answers to GET and HEAD is two operations, which need two ids. Documentation comments come with their line breaks.
    /// </summary>
    private static void Name(OpenApiOperation operation, string? method)
    {
        if (method == HttpMethods.Head)
        {
            operation.OperationId = $"{operation.OperationId}Head";
        }
        operation.Summary = operation.Summary?.ReplaceLineEndings(" ");
    }

    private static void Secure(OpenApiOperation operation, OpenApiDocument document, AccessRule access)
    {
        var scheme = access.Worker == WorkerProof.None ? DocumentFrame.KeyScheme : DocumentFrame.WorkerScheme;
        var key = new OpenApiSecuritySchemeReference(scheme, document);
        operation.Security = access.Public ? [] : [new OpenApiSecurityRequirement { [key] = [] }];
        if (access.Tickets)
        {
            operation.Security.Add(
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentFrame.TicketScheme, document)] = [] }
            );
        }
        if (access.Public)
        {
            operation.Description = $"{operation.Description} Needs no key.".TrimStart();
        }
        if (access.Needed != Scopes.None)
        {
            operation.Description = $"{operation.Description} Needs the scope '{access.Needed.ToString().ToLowerInvariant()}'.".TrimStart();
        }
    }

    private void Path(OpenApiOperation operation, OpenApiDocument document)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            if (parameter.In != ParameterLocation.Path || parameter.Name is not { } name)
            {
                continue;
            }
            parameter.Description = name switch
            {
                "stateKey" => "The key in hexadecimal, or behind 'text:' where it has no '/' and no '%'.",
                "ledger" => "Whose history: 'market', or 'account.' or 'worker.' and an id.",
                "epoch" => "The epoch's number.",
                "number" => "The settlement's number.",
                "root" => "What a committee has signed: the root of the tree over its receipts.",
                _ => $"The {name}'s id.",
            };
            parameter.Schema = name switch
            {
                "key" => new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Pattern = ValueShapes.KeyPattern,
                    Examples = ["mk0123456789abcdef"],
                },
                "stateKey" => new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Pattern = ValueShapes.StateKeyPattern,
                    Examples = ["63616665", "text:cafe"],
                },
                "ledger" => new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Pattern = ValueShapes.LedgerPattern,
                    Examples = ["market", $"worker.{new string('1', Bytes32.TextSize)}"],
                },
                "epoch" or "number" => new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Pattern = ValueShapes.EpochPattern,
                    Examples = ["7"],
                },
                "root" => new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Pattern = ValueShapes.HexId,
                    Examples = [new string('1', Bytes32.TextSize)],
                },
                _ when PathValues.TryGetValue(name, out var value) => schemas.Of(document, value, isRequest: true),
                _ => throw new InvalidOperationException(
                    $"This is a bug in a route: {nameof(PathValues)} does not say what its '{name}' is."
                ),
            };
        }
    }

    private void Query(OpenApiOperation operation, OpenApiDocument document, IEnumerable<QueryRule> rules)
    {
        foreach (var rule in rules)
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(
                new OpenApiParameter
                {
                    Name = rule.Name,
                    In = ParameterLocation.Query,
                    Description = rule.Description,
                    Schema = rule switch
                    {
                        { Value: { } value } => schemas.Of(document, value, isRequest: true),
                        { Range: { } range } => new OpenApiSchema
                        {
                            Type = JsonSchemaType.Integer,
                            Minimum = JsonValue.Create(range.Min).ToJsonString(),
                            Maximum = JsonValue.Create(range.Max).ToJsonString(),
                            Default = range.Absent,
                        },
                        _ => new OpenApiSchema
                        {
                            Type = JsonSchemaType.String,
                            Pattern = rule.Pattern,
                            MaxLength = rule.CharactersMax,
                        },
                    },
                }
            );
        }
    }

    private static void LastId(OpenApiOperation operation) =>
        (operation.Parameters ??= []).Add(
            new OpenApiParameter
            {
                Name = EventsRule.LastId,
                In = ParameterLocation.Header,
                Description = "The id of the last event that the client has: the stream goes on behind it.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = GatewayPolicy.FilterCharactersMax },
            }
        );

    private void Body(OpenApiOperation operation, OpenApiDocument document, BodyRule body) =>
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = FormattableString.Invariant($"At most {body.BytesMax:N0} bytes."),
            Content = new Dictionary<string, OpenApiMediaType>
            {
                [body.ContentType] = new OpenApiMediaType
                {
                    Schema = body.Record is { } record
                        ? schemas.Of(document, record, isRequest: true)
                        : new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
                },
            },
        };

    private void Answers(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        OpenApiDocument document,
        EventsRule? events
    )
    {
        foreach (var answer in context.Description.SupportedResponseTypes)
        {
            if (answer.Type is not { } type || !operation.Responses!.TryGetValue($"{answer.StatusCode}", out var response))
            {
                continue;
            }
            var isHead = context.Description.HttpMethod == HttpMethods.Head;
            if (isHead)
            {
                response.Content?.Clear();
            }
            foreach (var media in response.Content?.Values ?? [])
            {
                if (type == typeof(byte[]))
                {
                    media.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
                }
                else if (type != typeof(void))
                {
                    media.Schema = schemas.Of(document, type, isRequest: false);
                }
                if (events is not null)
                {
                    DescribeEvents(media, document, events);
                }
            }
        }
    }

    /// <summary>OpenAPI 3.1 has no words for the records of an event stream: they stand under a name of our own, as references.</summary>
    private void DescribeEvents(OpenApiMediaType media, OpenApiDocument document, EventsRule rule)
    {
        var events = new JsonObject();
        foreach (var (name, record) in rule.Events)
        {
            schemas.Of(document, record, isRequest: false);
            events[name] = new JsonObject { ["$ref"] = $"#/components/schemas/{RecordSchemas.NameOf(record)}" };
        }
        media.Extensions ??= new Dictionary<string, IOpenApiExtension>();
        media.Extensions["x-events"] = new JsonNodeExtension(events);
    }

    private void Refusals(OpenApiOperation operation, OpenApiDocument document, SortedDictionary<int, SortedSet<ErrorCode>> refusals)
    {
        document.Components ??= new OpenApiComponents();
        document.Components.Responses ??= new Dictionary<string, IOpenApiResponse>(StringComparer.Ordinal);
        foreach (var (status, codes) in refusals)
        {
            // 503 of the readiness route is its answer, not a refusal.
            if (operation.Responses!.ContainsKey($"{status}"))
            {
                continue;
            }
            var isUsual = codes.All(code => ProblemFactory.StatusOf(code) == status);
            var name = string.Join("Or", codes) + (isUsual ? "" : $"{status}");
            document.Components.Responses.TryAdd(name, Refusal(document, codes, status));
            operation.Responses[$"{status}"] = new OpenApiResponseReference(name, document);
        }
    }

    private OpenApiResponse Refusal(OpenApiDocument document, SortedSet<ErrorCode> codes, int status)
    {
        var names = codes.Select(ProblemFactory.NameOf).ToArray();
        return new OpenApiResponse
        {
            Description = string.Join(" ", codes.Select(code => $"{ProblemFactory.TitleOf(code, status)}.")),
            Content = new Dictionary<string, OpenApiMediaType>
            {
                [MediaTypeNames.Application.ProblemJson] = new OpenApiMediaType
                {
                    Schema = new OpenApiSchema
                    {
                        AllOf =
                        [
                            schemas.Of(document, typeof(Problem), isRequest: false),
                            new OpenApiSchema
                            {
                                Type = JsonSchemaType.Object,
                                Properties = new Dictionary<string, IOpenApiSchema>
                                {
                                    ["code"] = new OpenApiSchema
                                    {
                                        Type = JsonSchemaType.String,
                                        Enum = [.. names.Select(name => (JsonNode)name)],
                                    },
                                },
                            },
                        ],
                    },
                },
            },
        };
    }
}
