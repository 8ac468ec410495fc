using System.Reflection;
using System.Reflection.Emit;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Emits bounds checks, one for each access and no guard pages, and pointers into the guest's memory. Owns the locals that have the memory,
/// its base and its length, and those that checks compare with. May assume that the plan has seen each instruction that comes here. A check
/// may branch to a trap, so the evaluation stack must be empty before it, and is empty after it. A pointer is pushed onto the stack.
/// </summary>
internal sealed class AddressEmitter(EmitContext context, FuelEmitter fuel)
{
    /// <summary>More last addresses would not stay in registers, and each is computed at each call of the function.</summary>
    private const int LastAddressesMax = 12;

    /// <summary>More would not stay in registers, and the machine-code compiler counts them when it decides whether to optimise.</summary>
    private const int WideAddressesMax = 64;

    private readonly CodeWriter _il = context.IL;

    /// <summary>
    /// The greatest address that is inside, below zero where none is. The key is the distance from an address to the end of its access.
    /// </summary>
    private readonly Dictionary<long, LocalBuilder> _lastAddresses = [];

    /// <summary>By WebAssembly local: its value in 64 bits, as the last check of an access behind it compared it.</summary>
    private readonly Dictionary<int, LocalBuilder> _wideAddresses = [];
    private LocalBuilder? _memory;
    private LocalBuilder _base = null!;
    private LocalBuilder? _length;
    private Label _load;
    private Label _loaded;

    /// <summary>An address whose access was found to be inside; valid as long as the value that it came from.</summary>
    /// <param name="Value">The address, without the instruction's offset.</param>
    /// <param name="Offset">The instruction's.</param>
    /// <param name="Wide">The local of IL that has it in 64 bits, if one has.</param>
    public readonly record struct Checked(OperandStack.Value Value, long Offset, LocalBuilder? Wide);

    /// <summary>For the function's beginning.</summary>
    public void EmitBeginning()
    {
        if (context.Plan.UsesMemory)
        {
            (_load, _loaded) = (_il.DefineLabel(), _il.DefineLabel());
            _memory = _il.DeclareLocal(typeof(LinearMemory));
            _base = _il.DeclareLocal(typeof(nint));
            _length = context.Plan.MemoryMayGrow ? null : _il.DeclareLocal(typeof(long));

            // This is emitted behind the code, because only there is it known which last addresses the checks compare with.
            _il.Emit(OpCodes.Br, _load);
            _il.MarkLabel(_loaded);
        }
    }

    /// <summary>Behind the code: gives the locals their values.</summary>
    public void EmitLoading()
    {
        if (_memory is null)
        {
            return;
        }

        _il.MarkLabel(_load);
        context.Locals.EmitInstanceField(Members.InstanceMemory);
        _il.StoreLocal(_memory);
        _il.LoadField(_memory, Members.MemoryBase);
        _il.StoreLocal(_base);
        if (_length is not null)
        {
            _il.LoadField(_memory, Members.MemoryLength);
            _il.StoreLocal(_length);
        }

        EmitNaN(context.Locals.NaN32, Members.RunNaN32);
        EmitNaN(context.Locals.NaN64, Members.RunNaN64);
        foreach (var (reach, lastAddress) in _lastAddresses)
        {
            _il.LoadLocal(_length!);
            _il.LoadInt64(reach);
            _il.Emit(OpCodes.Sub);
            _il.StoreLocal(lastAddress);
        }

        _il.Emit(OpCodes.Br, _loaded);
    }

    /// <summary>As <see cref="TakeChecked"/>, and leaves the pointer on the evaluation stack.</summary>
    public void TakePointer(in Instruction instruction, int size) => EmitPointer(TakeChecked(in instruction, size));

    /// <summary>Takes the address on top, spills what waits on the evaluation stack, and checks that all of the access is inside.</summary>
    public Checked TakeChecked(in Instruction instruction, int size)
    {
        var address = context.Stack.Take();
        context.Stack.SpillStack();
        return Check(address, in instruction, size);
    }

    /// <summary>Checks that all of the access is inside, unless that is known.</summary>
    public Checked Check(OperandStack.Value address, in Instruction instruction, int size)
    {
        if (context.Facts.IsInside(address, instruction.Bits + size))
        {
            return new Checked(address, instruction.Bits, context.Facts.WideOf(address));
        }

        var reach = context.Plan.CheckedReach(instruction.Offset) ?? (instruction.Bits + size);
        var own = address.Local is { } local ? WideAddress(local) : null;
        var wide = own ?? context.Scratch(typeof(ulong));
        EmitComparison(address, reach, wide);
        context.Facts.AddReach(address, reach, own);
        return new Checked(address, instruction.Bits, wide);
    }

    /// <summary>Must come before the next check, which may want the same local for its address.</summary>
    public void EmitPointer(Checked address)
    {
        _il.LoadLocal(_base);
        if (address.Wide is not null)
        {
            _il.LoadLocal(address.Wide);
        }
        else
        {
            address.Value.Emit();
        }

        _il.Emit(OpCodes.Conv_U);
        _il.Emit(OpCodes.Add);
        if (address.Offset != 0)
        {
            _il.LoadInt64(address.Offset);
            _il.Emit(OpCodes.Conv_I);
            _il.Emit(OpCodes.Add);
        }
    }

    /// <summary>Only stores want them, so there is a memory.</summary>
    private void EmitNaN(LocalBuilder? local, FieldInfo field)
    {
        if (local is not null)
        {
            _il.LoadField(context.Run, field);
            _il.StoreLocal(local);
        }
    }

    private LocalBuilder? WideAddress(int local)
    {
        if (!_wideAddresses.TryGetValue(local, out var wide) && _wideAddresses.Count < WideAddressesMax)
        {
            _wideAddresses.Add(local, wide = context.DeclareLocal(typeof(ulong)));
        }

        return wide;
    }

    /// <summary>
    /// <c>(long)(uint)address &gt; length - reach</c>, signed, since a short memory has no last address. If no local has that difference:
    /// <c>(ulong)(uint)address + reach &gt; length</c>.
    /// </summary>
    private void EmitComparison(OperandStack.Value address, long reach, LocalBuilder wide)
    {
        address.Emit();
        _il.Emit(OpCodes.Conv_U8);
        _il.StoreLocal(wide);
        _il.LoadLocal(wide);
        var outside = fuel.Trap(TrapKind.OutOfBoundsMemoryAccess);
        if (LastAddress(reach) is { } lastAddress)
        {
            _il.LoadLocal(lastAddress);
            _il.Emit(OpCodes.Bgt, outside);
            return;
        }

        // For one byte the address itself is compared, without a sum.
        if (reach > 1)
        {
            _il.LoadInt64(reach);
            _il.Emit(OpCodes.Add);
        }

        if (_length is not null)
        {
            _il.LoadLocal(_length);
        }
        else
        {
            _il.LoadField(_memory!, Members.MemoryLength);
        }

        _il.Emit(reach > 1 ? OpCodes.Bgt_Un : OpCodes.Bge_Un, outside);
    }

    private LocalBuilder? LastAddress(long reach)
    {
        if (_length is null)
        {
            return null;
        }

        if (!_lastAddresses.TryGetValue(reach, out var lastAddress) && _lastAddresses.Count < LastAddressesMax)
        {
            _lastAddresses.Add(reach, lastAddress = context.DeclareLocal(typeof(long)));
        }

        return lastAddress;
    }
}
