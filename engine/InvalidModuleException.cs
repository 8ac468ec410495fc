namespace Marketplace.Engine;

/// <summary>Why a module was refused.</summary>
public enum ModuleFault
{
    /// <summary>The bytes do not follow the binary format (core specification, chapter 5).</summary>
    Malformed = 0,

    /// <summary>The bytes are well formed and break a rule of validation (chapter 3).</summary>
    Invalid = 1,

    /// <summary>The module is bigger than <see cref="EngineLimits"/> allows, or uses a feature that this engine does not have.</summary>
    LimitExceeded = 2,

    /// <summary>The module is valid and follows none of the guest ABIs: it asks for or lacks something that they fix.</summary>
    NotAProgram = 3,
}

/// <summary>A module that may not run. No bytes make the decoder throw anything else.</summary>
public sealed class InvalidModuleException(ModuleFault fault, long offset, string message) : Exception($"{message} (at byte {offset})")
{
    public ModuleFault Fault { get; } = fault;

    /// <summary>Where in the module's bytes the fault was noticed.</summary>
    public long Offset { get; } = offset;

    /// <summary>The specification's words, without the offset.</summary>
    public string Reason { get; } = message;
}
