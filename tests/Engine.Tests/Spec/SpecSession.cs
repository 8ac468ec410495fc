using System.Text.Json;

namespace Marketplace.Engine.Tests.Spec;

/// <summary>The state of one file of the suite: its modules so far.</summary>
internal sealed class SpecSession
{
    private readonly ISpecEngine _engine;
    private readonly Func<string, byte[]> _read;
    private readonly Dictionary<string, ISpecInstance> _named = [];
    private ISpecInstance? _last;

    public SpecSession(ISpecEngine engine, Func<string, byte[]> read)
    {
        _engine = engine;
        _read = read;
    }

    /// <returns>Null when the command did what it should.</returns>
    public string? Execute(string type, JsonElement command)
    {
        try
        {
            return type switch
            {
                "module" => Instantiate(command),
                "register" => Register(command),
                "action" => Action(command, out _),
                "assert_return" => AssertReturn(command),
                "assert_trap" => AssertTrap(command),
                "assert_exhaustion" => AssertTrap(command),
                "assert_invalid" => AssertRefused(command, ModuleFault.Invalid),
                "assert_malformed" => AssertRefused(command, ModuleFault.Malformed),
                "assert_unlinkable" => AssertUnlinkable(command),
                "assert_uninstantiable" => AssertUninstantiable(command),
                _ => $"unknown command {type}",
            };
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    /// <summary>One text may go on where the other ends: the suite adds an index, the engine a name.</summary>
    private static string? Told(string longer, string shorter) =>
        longer.StartsWith(shorter, StringComparison.Ordinal) ? null : $"\"{shorter}\" does not begin \"{longer}\"";

    private static string Text(JsonElement command) => command.GetProperty("text").GetString()!;

    private ISpecInstance Load(JsonElement command) => _engine.Instantiate(_read(command.GetProperty("filename").GetString()!));

    private string? Instantiate(JsonElement command)
    {
        _last = null;
        _last = Load(command);
        if (command.TryGetProperty("name", out var name))
        {
            _named[name.GetString()!] = _last;
        }

        return null;
    }

    private string? Register(JsonElement command)
    {
        _engine.Register(command.GetProperty("as").GetString()!, Find(command, "name"));
        return null;
    }

    private ISpecInstance Find(JsonElement element, string property) =>
        element.TryGetProperty(property, out var name) ? _named[name.GetString()!] : _last!;

    private string? Action(JsonElement command, out Value[] results)
    {
        var action = command.GetProperty("action");
        var instance = Find(action, "module");
        var field = action.GetProperty("field").GetString()!;
        if (action.GetProperty("type").GetString() == "get")
        {
            results = [instance.Global(field)];
            return null;
        }

        var arguments = action.GetProperty("args").EnumerateArray().Select(SpecValue.Parse).ToArray();
        results = instance.Invoke(field, arguments);
        return null;
    }

    private string? AssertReturn(JsonElement command)
    {
        Action(command, out var results);
        var expected = command.GetProperty("expected").EnumerateArray().ToArray();
        if (expected.Length != results.Length)
        {
            return $"{results.Length} results, expected {expected.Length}";
        }

        for (var i = 0; i < results.Length; i++)
        {
            if (!SpecValue.Matches(expected[i], results[i]))
            {
                return $"result {i} is {results[i]}, expected {expected[i]}";
            }
        }

        return null;
    }

    private string? AssertTrap(JsonElement command)
    {
        try
        {
            Action(command, out var results);
            return $"returned [{string.Join(", ", results)}], expected trap {Text(command)}";
        }
        catch (TrapException trap)
        {
            return Told(Text(command), trap.Message);
        }
    }

    private string? AssertRefused(JsonElement command, ModuleFault fault)
    {
        try
        {
            WasmModule.Decode(_read(command.GetProperty("filename").GetString()!), EngineLimits.Default);
            return $"accepted, expected {Text(command)}";
        }
        catch (InvalidModuleException refusal)
        {
            return refusal.Fault == fault ? null : $"{refusal.Fault}: {refusal.Message}, expected {Text(command)}";
        }
    }

    private string? AssertUnlinkable(JsonElement command)
    {
        try
        {
            Load(command);
            return $"linked, expected {Text(command)}";
        }
        catch (LinkException refusal)
        {
            return Told(refusal.Message, Text(command));
        }
    }

    private string? AssertUninstantiable(JsonElement command)
    {
        try
        {
            Load(command);
            return $"instantiated, expected {Text(command)}";
        }
        catch (TrapException trap)
        {
            return Told(Text(command), trap.Message);
        }
    }
}
