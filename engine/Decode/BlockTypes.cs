namespace Marketplace.Engine.Decode;

/// <summary>Block types as function types, without making one for each block.</summary>
internal static class BlockTypes
{
    private static readonly FunctionType Empty = new([], []);
    private static readonly Dictionary<WasmType, FunctionType> Single = Enum.GetValues<WasmType>()
        .ToDictionary(t => t, t => new FunctionType([], [t]));

    public static FunctionType Of(BlockType block, ModuleContent content) =>
        block.TypeIndex >= 0 ? content.Types[block.TypeIndex]
        : block.Result is { } result ? Single[result]
        : Empty;
}
