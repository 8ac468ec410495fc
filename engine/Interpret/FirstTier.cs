using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Interpret;

/// <summary>A module's functions as the interpreter runs them, each translated when it is first called. Thread-safe.</summary>
/// <param name="hasCode">By index: the function has machine code.</param>
internal sealed class FirstTier(ModuleContent content, Tiers tiers, Func<int, bool> hasCode)
{
    private readonly InterpretedFunction?[] _functions = new InterpretedFunction?[tiers.Interprets ? content.FunctionTypes.Count : 0];
    private long _bytes;

    /// <summary>What the steps of the functions take.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>By index; null where it was not called yet.</summary>
    public InterpretedFunction?[] Functions => _functions;

    /// <summary>The function, if it is to be interpreted now; null if it is, or is to become, machine code.</summary>
    /// <param name="run">Is charged for the translation.</param>
    public InterpretedFunction? Find(int function, Run run)
    {
        if (!tiers.Interprets || function < content.ImportedFunctions || hasCode(function))
        {
            return null;
        }

        var found = Volatile.Read(ref _functions[function]) ?? Translate(function, run);
        return found.IsCompiled ? null : found;
    }

    private InterpretedFunction Translate(int function, Run run)
    {
        var made = Translator.Translate(content, function, tiers);
        if (Interlocked.CompareExchange(ref _functions[function], made, null) is { } other)
        {
            return other;
        }

        var bytes = made.Bytes;
        Interlocked.Add(ref _bytes, bytes);
        run.ChargeCode(bytes / CompiledModule.MemoryPerCodeByte);
        return made;
    }
}
