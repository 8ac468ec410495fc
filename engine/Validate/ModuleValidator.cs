using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Validate;

/// <summary>The rules for everything outside function bodies (core specification, 3.4), then each body.</summary>
internal static class ModuleValidator
{
    public static void Validate(ModuleContent content, EngineLimits limits)
    {
        Sizes(content, limits);
        Globals(content);
        Elements(content);
        Data(content);
        Start(content);
        var functions = new FunctionValidator(content, limits);
        for (var i = 0; i < content.Bodies.Count; i++)
        {
            functions.Validate(content.ImportedFunctions + i, content.Bodies[i]);
        }
    }

    private static void Sizes(ModuleContent content, EngineLimits limits)
    {
        foreach (var table in content.Tables)
        {
            Range(table.Limits);
        }

        if (content.Memories.Count > limits.MemoriesMax)
        {
            throw Invalid(0, "multiple memories");
        }

        foreach (var memory in content.Memories)
        {
            if (memory.Limits.Min > EnginePolicy.MemoryPagesMax || memory.Limits.Max > EnginePolicy.MemoryPagesMax)
            {
                throw Invalid(0, "memory size must be at most 65536 pages (4GiB)");
            }

            Range(memory.Limits);
            if (memory is { Shared: true, Limits.Max: null })
            {
                throw Invalid(0, "shared memory must have maximum");
            }
        }

        Limit(content.FunctionTypes.Count, limits.FunctionsMax, "functions");
        Limit(content.Tables.Count, limits.TablesMax, "tables");
        Limit(content.Globals.Count, limits.GlobalsMax, "globals");
    }

    private static void Range(SizeLimits sizes)
    {
        if (sizes.Max < sizes.Min)
        {
            throw Invalid(0, "size minimum must not be greater than maximum");
        }
    }

    private static void Limit(int count, int max, string items)
    {
        if (count > max)
        {
            throw new InvalidModuleException(ModuleFault.LimitExceeded, 0, $"{count} {items} with the imported ones, the limit is {max}");
        }
    }

    private static void Globals(ModuleContent content)
    {
        for (var i = 0; i < content.GlobalValues.Count; i++)
        {
            Match(content.GlobalValues[i], content.Globals[content.ImportedGlobals + i].Content);
        }
    }

    private static void Elements(ModuleContent content)
    {
        foreach (var segment in content.Elements)
        {
            if (segment.Mode == SegmentMode.Active)
            {
                Match(segment.Address, WasmType.I32);
                if (content.Tables[segment.Table].Element != segment.Type)
                {
                    throw Invalid(segment.Offset, "type mismatch");
                }
            }
        }
    }

    private static void Data(ModuleContent content)
    {
        foreach (var segment in content.Data)
        {
            if (segment.Mode == SegmentMode.Active)
            {
                Match(segment.Address, WasmType.I32);
            }
        }
    }

    private static void Start(ModuleContent content)
    {
        if (content.Start is not { } start)
        {
            return;
        }

        if ((uint)start >= (uint)content.FunctionTypes.Count)
        {
            throw Invalid(0, $"unknown function {(uint)start}");
        }

        var type = content.TypeOfFunction(start);
        if (type.Parameters.Length + type.Results.Length != 0)
        {
            throw Invalid(0, "start function");
        }
    }

    private static void Match(ConstantExpression expression, WasmType type)
    {
        if (expression.Type != type)
        {
            throw Invalid(expression.Offset, "type mismatch");
        }
    }

    private static InvalidModuleException Invalid(long offset, string message) => new(ModuleFault.Invalid, offset, message);
}
