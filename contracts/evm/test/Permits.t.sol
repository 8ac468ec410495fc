// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Bls12381, G1Point, G2Point} from "../src/Bls12381.sol";
import {IEscrow} from "../src/IEscrow.sol";
import {MarketBench} from "./MarketBench.sol";
import {Signer} from "./Signer.sol";
import {PlainToken} from "./tokens/PlainToken.sol";

contract PermitsTest is MarketBench {
    uint256 private constant SECRET = 0xa11ce;
    address private alice = vm.addr(SECRET);

    function setUp() public override {
        super.setUp();
        token.mint(alice, 1_000);
    }

    function test_Permit_AndDepositInOneTransaction() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = permitCall(address(escrow), 1_000, SECRET);
        calls[1] = abi.encodeCall(escrow.deposit, (alice, 1_000));
        vm.prank(alice);
        escrow.multicall(calls);
        vm.assertEq(escrow.balanceOf(alice).deposited, 1_000);
        vm.assertEq(token.allowance(alice, address(escrow)), 0);
    }

    function test_Permit_AndRegisterInOneTransaction() public {
        G1Point memory key = Signer.keyOf(77);
        G2Point memory possession =
            Signer.sign(77, registry.possessionDigest(alice, 0, key), Bls12381.POSSESSION_TAG);
        bytes[] memory calls = new bytes[](2);
        calls[0] = permitCall(address(registry), 1_000, SECRET);
        calls[1] = abi.encodeCall(registry.register, (bytes32(0), key, possession, 1_000));
        vm.prank(alice);
        registry.multicall(calls);
        vm.assertEq(registry.memberOf(keccak256(abi.encode(key))).owner, alice);
    }

    function test_Permit_ThatAStrangerHasUsedBeforeHindersNothing() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = permitCall(address(escrow), 1_000, SECRET);
        calls[1] = abi.encodeCall(escrow.deposit, (alice, 1_000));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SECRET, permitDigest(address(escrow), 1_000));
        vm.prank(address(0xbad));
        token.permit(alice, address(escrow), 1_000, time() + 1, v, r, s);

        vm.prank(alice);
        escrow.multicall(calls);
        vm.assertEq(escrow.balanceOf(alice).deposited, 1_000);
    }

    function test_Permit_OfAnotherIsRefusedForTheTokensReason() public {
        bytes memory call = permitCall(address(escrow), 1_000, 0xb0b);
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612InvalidSigner.selector, vm.addr(0xb0b), alice));
        this.forward(call);
        call = permitCall(address(escrow), 1_000, SECRET);
        pass(2);
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, time() - 1));
        this.forward(call);
    }

    function test_Permit_LetsNobodyTakeThePayersMoney() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SECRET, permitDigest(address(escrow), 1_000));
        token.permit(alice, address(escrow), 1_000, time() + 1, v, r, s);
        vm.prank(address(0xbad));
        vm.expectRevert();
        escrow.deposit(address(0xbad), 1_000);
        vm.assertEq(token.balanceOf(alice), 1_000);
    }

    function test_Permit_OfATokenWithoutThemIsRefusedUnlessAllowed() public {
        PlainToken plain = new PlainToken();
        escrow = create(IERC20(address(plain)));
        vm.expectRevert();
        escrow.permit(1_000, 0, 27, 0, 0);
        plain.approve(address(escrow), 1_000);
        escrow.permit(1_000, 0, 27, 0, 0);
    }

    function test_Multicall_EndsWithTheReasonOfTheCallThatFailedAndChangesNothing() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(escrow.requestWithdrawal, (1_000));
        calls[1] = abi.encodeCall(escrow.requestWithdrawal, (1_000));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RequestOpen.selector, client, 1_000));
        vm.prank(client);
        escrow.multicall(calls);
        vm.assertEq(escrow.balanceOf(client).requested, 0);
    }

    function test_Multicall_GivesTheCallerNoRightsOfTheContract() public {
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(escrow.compensate, (bytes32(0), 1));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotTheRegistry.selector, client));
        vm.prank(client);
        escrow.multicall(calls);
        calls[0] = abi.encodeCall(escrow.proposeOperator, (client));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotTheOperator.selector, client, operator));
        vm.prank(client);
        escrow.multicall(calls);
    }

    function test_Multicall_ClaimsAndDepositsForTheOneCaller() public {
        settle(books(300));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(escrow.claimToDeposit, (books(300)[1], pathOf(books(300), 1)));
        calls[1] = abi.encodeCall(escrow.requestWithdrawal, (300));
        vm.prank(worker);
        escrow.multicall(calls);
        vm.assertEq(escrow.balanceOf(worker).requested, 300);
    }

    function forward(bytes calldata call) external {
        vm.prank(alice);
        (bool isDone, bytes memory reason) = address(escrow).call(call);
        if (!isDone) {
            assembly {
                revert(add(reason, 32), mload(reason))
            }
        }
    }

    function permitCall(address spender, uint256 amount, uint256 secret) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, permitDigest(spender, amount));
        return abi.encodeCall(escrow.permit, (amount, time() + 1, v, r, s));
    }

    function permitDigest(address spender, uint256 amount) private view returns (bytes32) {
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 hash = keccak256(abi.encode(typeHash, alice, spender, amount, token.nonces(alice), time() + 1));
        return keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), hash));
    }
}
