//! Template arguments, template parameter declarations and constraints.
//!
//! Spec: Itanium C++ ABI, 5.1.5.8 "Template parameters" and 5.1.4 "Templates".

use super::node::{Node, NodeId, ParamKind};
use super::parser::Parser;

impl Parser<'_> {
    /// `<template-args>`. With `outer`, they are what the template parameters of the current encoding refer to.
    pub(super) fn template_args(&mut self, outer: bool) -> Option<NodeId> {
        self.expect(b'I')?;
        if outer {
            self.begin_outer_params();
        }
        let from = self.begin_list();
        let mut requires = None;
        while !self.eat(b'E') {
            let arg = self.template_arg()?;
            self.push_item(arg);
            if outer {
                let param = match self.node(arg) {
                    Node::ArgumentPack(elements) => self.make(Node::Pack(elements))?,
                    Node::QualifiedArg { arg } => arg,
                    _ => arg,
                };
                self.push_outer_param(param);
            }
            if self.eat(b'Q') {
                requires = Some(self.constraint()?);
                self.expect(b'E')?;
                break;
            }
        }
        let args = self.end_list(from);
        self.make(Node::TemplateArgs { args, requires })
    }

    /// `<template-arg>`
    pub(super) fn template_arg(&mut self) -> Option<NodeId> {
        match self.look() {
            b'X' => {
                self.skip(1);
                let arg = self.expr()?;
                self.expect(b'E')?;
                Some(arg)
            }
            b'J' => {
                self.skip(1);
                let elements = self.deeper(|parser| parser.list_until(b'E', Self::template_arg))?;
                self.make(Node::ArgumentPack(elements))
            }
            b'L' if self.look_at(1) == b'Z' => {
                self.skip(2);
                let arg = self.encoding()?;
                self.expect(b'E')?;
                Some(arg)
            }
            b'L' => self.expr_primary(),
            b'T' if self.at_param_decl() => {
                self.param_decl(false)?;
                let arg = self.deeper(Self::template_arg)?;
                self.make(Node::QualifiedArg { arg })
            }
            _ => self.ty(),
        }
    }

    /// Whether a `<template-param-decl>` comes next.
    pub(super) fn at_param_decl(&self) -> bool {
        self.look() == b'T' && matches!(self.look_at(1), b'y' | b'p' | b't' | b'n' | b'k')
    }

    /// `<template-param-decl>`. With `declare`, the parameter joins the latest level of parameters in scope.
    pub(super) fn param_decl(&mut self, declare: bool) -> Option<NodeId> {
        self.deeper(|parser| parser.param_decl_inner(declare))
    }

    fn param_decl_inner(&mut self, declare: bool) -> Option<NodeId> {
        let letter = self.look_at(1);
        self.skip(2);
        match letter {
            b'y' => {
                let name = self.invent(ParamKind::Type, declare)?;
                self.make(Node::TypeParam { name })
            }
            b'k' => {
                let constraint = self.with_raw_params(|parser| parser.name(None))?;
                let name = self.invent(ParamKind::Type, declare)?;
                self.make(Node::ConstrainedParam { constraint, name })
            }
            b'n' => {
                let name = self.invent(ParamKind::Value, declare)?;
                let ty = self.ty()?;
                self.make(Node::ValueParam { name, ty })
            }
            b't' => self.template_template_param(declare),
            b'p' => {
                if !self.at_param_decl() {
                    return None;
                }
                let param = self.param_decl(declare)?;
                self.make(Node::PackParam(param))
            }
            _ => None,
        }
    }

    fn template_template_param(&mut self, declare: bool) -> Option<NodeId> {
        let name = self.invent(ParamKind::Template, declare)?;
        let level = self.open_level();
        let from = self.begin_list();
        let mut requires = None;
        while !self.eat(b'E') {
            if !self.at_param_decl() {
                return None;
            }
            let param = self.param_decl(true)?;
            self.push_item(param);
            if self.eat(b'Q') {
                requires = Some(self.constraint()?);
                self.expect(b'E')?;
                break;
            }
        }
        self.close_level(level);
        let args = self.end_list(from);
        let params = self.make(Node::TemplateArgs { args, requires })?;
        self.make(Node::TemplateParam { name, params })
    }

    /// A name for a parameter that has none.
    fn invent(&mut self, kind: ParamKind, declare: bool) -> Option<NodeId> {
        let count = &mut self.invented[kind as usize];
        let index = *count;
        *count += 1;
        let name = self.make(Node::Invented { kind, index })?;
        if declare {
            self.push_param(name);
        }
        Some(name)
    }

    /// A constraint: an expression whose template parameters are printed as they are mangled, because the levels they
    /// refer to are not all known.
    pub(super) fn constraint(&mut self) -> Option<NodeId> {
        self.with_raw_params(Self::expr)
    }

    fn with_raw_params(&mut self, parse: impl FnOnce(&mut Self) -> Option<NodeId>) -> Option<NodeId> {
        let outer = std::mem::replace(&mut self.raw_params, true);
        let parsed = parse(self);
        self.raw_params = outer;
        parsed
    }
}
