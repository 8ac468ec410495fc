using System.Collections.Immutable;

namespace Marketplace.Engine.Guests;

/// <summary>What a host function does; it gives the bits of its result, or anything where its type has none.</summary>
internal delegate long HostBody(GuestRun run, HostArguments arguments);

/// <summary>What a host function needs of the invocation.</summary>
[Flags]
internal enum HostNeeds
{
    None = 0,
    State = 1,
    Blobs = 2,
    Signatures = 4,
}

/// <summary>One function that a guest may import.</summary>
internal sealed class HostCall
{
    /// <param name="module">The import's module.</param>
    /// <param name="name">The import's name in it.</param>
    /// <param name="type">Its type as text: <c>i32 i32 -> i64</c>.</param>
    /// <param name="body">What it does.</param>
    /// <param name="needs">What the invocation must bring so that it can work.</param>
    public HostCall(string module, string name, string type, HostBody body, HostNeeds needs = HostNeeds.None)
    {
        Module = module;
        Name = name;
        Needs = needs;
        Type = ParseType(type);
        Function = HostFunction.Create(
            Type,
            (caller, arguments, results) =>
            {
                var run = (GuestRun)caller.HostState!;
                run.Enter(caller);
                var bits = body(run, new HostArguments(arguments));
                if (results.Length > 0)
                {
                    results[0] = Value.FromBits(Type.Results[0], bits);
                }
            }
        );
    }

    private HostCall(string module, HostCall call) =>
        (Module, Name, Needs, Type, Function) = (module, call.Name, call.Needs, call.Type, call.Function);

    public string Module { get; }

    public string Name { get; }

    public HostNeeds Needs { get; }

    public FunctionType Type { get; }

    public HostFunction Function { get; }

    /// <summary>The same function under the name of another module.</summary>
    public HostCall In(string module) => new(module, this);

    private static FunctionType ParseType(string text)
    {
        var sides = text.Split("->");
        return new FunctionType(ParseTypes(sides[0]), ParseTypes(sides[1]));
    }

    private static ImmutableArray<WasmType> ParseTypes(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word == "i64" ? WasmType.I64 : WasmType.I32)];
}
